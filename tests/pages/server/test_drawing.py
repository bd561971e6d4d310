"""Drawings: any message of a canvas gives strokes and an image, or a sentence."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from nn.errors import UserError
from pages.common.canvas_image import png
from pages.server import drawing
from pages.server.drawing import SIDE, strokes_of

DRAWN = [[[1, 2], [3.5, 4], [5, 6]], [[7, 8]]]


def test_strokes_are_lists_of_points():
    assert strokes_of(DRAWN) == [[(1, 2), (3.5, 4), (5, 6)], [(7, 8)]]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=30,
)


@given(values)
@example([[[1, 2], [float("nan"), 3], ["3", 4], [3], None], 5, []])
def test_any_message_gives_strokes_of_finite_numbers(message):
    found = strokes_of(message)
    assert all(found) and all(np.isfinite(stroke).all() for stroke in found)


def test_the_number_of_points_is_limited():
    endless = 10 * [[[1, 2]] * drawing.MAX_POINTS]
    assert sum(map(len, strokes_of(endless))) == drawing.MAX_POINTS


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_drawing_is_decoded():
    image = Image.new("RGB", (SIDE, SIDE), (200, 10, 20))
    assert drawing.decode(encoded(png(image))).getpixel((5, 5)) == (200, 10, 20)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        5,
        "",
        "no Base64",
        encoded(b"no image"),
        encoded(png(Image.new("RGBA", (SIDE, SIDE)))[:60]),
        encoded(png(Image.new("RGBA", (SIDE + 1, SIDE)))),
        encoded(png(Image.new("1", (9_000, 9_000)))),
        encoded(bytes(drawing.MAX_BYTES + 1)),
    ],
)
def test_data_that_no_canvas_sends_gets_a_message(sent):
    with pytest.raises(UserError, match="draw"):
        drawing.decode(sent)
