"""Strokes: any message of a canvas, and the image under the strokes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from nn.errors import UserError
from pages.draw import strokes
from pages.draw.strokes import SIDE, png, strokes_of

DRAWN = {
    "objects": [
        {"type": "Path", "path": [["M", 1, 2], ["Q", 1, 2, 3.5, 4], ["L", 5, 6]]},
        {"type": "Path", "path": [["M", 7, 8], ["L", 7.001, 8]]},
    ]
}


def test_a_stroke_consists_of_the_end_points_of_its_path():
    assert strokes_of(DRAWN) == [[(1, 2), (3.5, 4), (5, 6)], [(7, 8), (7.001, 8)]]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["objects", "path", "type"]), inner, max_size=2)
    ),
    max_leaves=30,
)


steps = st.tuples(st.sampled_from("MLQ"), values, st.floats(), st.floats()).map(list)
paths = st.fixed_dictionaries({"path": st.lists(steps | values, max_size=4) | values})
canvases = st.fixed_dictionaries({"objects": st.lists(paths | values, max_size=3)})


@given(values | canvases)
@example({"objects": [{"path": [["M", 1, 2], ["L", float("nan"), 3], ["L", 3, 4]]}]})
def test_any_message_gives_strokes_of_finite_numbers(message):
    found = strokes_of(message)
    assert all(found) and all(np.isfinite(stroke).all() for stroke in found)


def test_a_step_that_leads_nowhere_is_left_out():
    path = [["M", 1, 2], ["L", float("nan"), 3], ["L", "3", 4], ["L", 3, 4]]
    assert strokes_of({"objects": [{"path": path}]}) == [[(1, 2), (3, 4)]]


def test_the_number_of_points_is_limited():
    endless = {"objects": 10 * [{"path": [["L", 1, 2]] * strokes.MAX_POINTS}]}
    assert sum(map(len, strokes_of(endless))) == strokes.MAX_POINTS


@pytest.mark.parametrize(
    "sent",
    [
        None,
        b"",
        b"no image",
        png(Image.new("RGBA", (SIDE, SIDE)))[:60],
        png(Image.new("RGBA", (SIDE + 1, SIDE))),
        png(Image.new("1", (9_000, 9_000))),
        bytes(strokes.MAX_BYTES + 1),
    ],
)
def test_data_that_no_canvas_sends_gets_a_message(sent):
    with pytest.raises(UserError, match="draw"):
        strokes.decode_canvas(sent)


@pytest.mark.parametrize("size", [(28, 28), (1, 1), (1, 900), (900, 1), (1600, 1200)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_an_image_of_any_shape_is_fitted_to_the_canvas(size, mode):
    image = Image.new(mode, size, "white")
    assert strokes.fit_to_canvas(image).size == (SIDE, SIDE)


def test_margins_have_the_color_of_the_border():
    image = Image.new("RGB", (200, 100), (200, 190, 180))
    image.paste((0, 0, 0), (80, 30, 120, 70))
    square = np.asarray(strokes.fit_to_canvas(image))
    assert (square[:90] == (200, 190, 180)).all() and square[200, 200].tolist() == [0, 0, 0]
