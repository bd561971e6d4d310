"""Images for the canvas: fitted to it, whatever their shape."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pages.common.canvas_image import fit_to_canvas
from pages.server.drawing import SIDE


@pytest.mark.parametrize("size", [(28, 28), (1, 1), (1, 900), (900, 1), (1600, 1200)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_an_image_of_any_shape_is_fitted_to_the_canvas(size, mode):
    assert fit_to_canvas(Image.new(mode, size, "white")).size == (SIDE, SIDE)


def test_margins_have_the_color_of_the_border():
    image = Image.new("RGB", (200, 100), (200, 190, 180))
    image.paste((0, 0, 0), (80, 30, 120, 70))
    square = np.asarray(fit_to_canvas(image))
    assert (square[:90] == (200, 190, 180)).all() and square[200, 200].tolist() == [0, 0, 0]
