"""Rendering strokes gives the same image at any scale; invalid files are user errors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.data.preprocess.pipeline import Problem, preprocess
from nn.data.synthetic import render_strokes
from nn.errors import UserError

SEVEN = [[(0, 0), (50, 0), (30, 100)], [(10, 50), (45, 50)]]


def test_scale_and_position_of_the_strokes_do_not_matter():
    moved = [[(3 * x - 900, 3 * y + 77) for x, y in path] for path in SEVEN]
    np.testing.assert_array_equal(render_strokes.render(SEVEN), render_strokes.render(moved))


def test_a_rendered_drawing_can_be_preprocessed():
    preprocessed = preprocess(render_strokes.render(SEVEN))
    assert not preprocessed.problem and preprocessed.image.max() == 255


def test_a_single_point_is_a_dot():
    assert preprocess(render_strokes.render([[(5, 5)]])).problem is Problem.TOO_SMALL


def test_valid_json_is_parsed():
    text = json.dumps([{"label": 7, "strokes": SEVEN}])
    [(label, strokes)] = render_strokes.parse(text, "drawings.json")
    assert label == 7 and strokes == [[(float(x), float(y)) for x, y in path] for path in SEVEN]


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "[]", "[1]", '[{"label": 10, "strokes": [[[1, 2]]]}]',
     '[{"label": true, "strokes": [[[1, 2]]]}]', '[{"label": 1}]', '[{"label": 1, "strokes": []}]',
     '[{"label": 1, "strokes": [[]]}]', '[{"label": 1, "strokes": [[[1]]]}]',
     '[{"label": 1, "strokes": [[[1, "x"]]]}]', '[{"label": 1, "strokes": [[[1, NaN]]]}]',
     '[{"label": 1, "strokes": [[[1, 1e300]]]}]', '[{"label": 1, "strokes": 5}]',
     "[" * 100_000],
)  # fmt: skip
def test_an_invalid_file_is_named_in_the_error(text):
    with pytest.raises(UserError, match="drawings"):
        render_strokes.parse(text, "drawings.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["label", "strokes"]), inner, max_size=2)
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_parsed_or_rejected(value):
    try:
        for label, strokes in render_strokes.parse(json.dumps(value), "x.json"):
            assert label in range(10)
            render_strokes.render(strokes)
    except UserError:
        pass
