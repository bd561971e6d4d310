"""The sheet of forms: samples of every form of the synthetic drawings, as one image."""

from __future__ import annotations

import numpy as np
from PIL import Image

from nn import IMAGE_SIDE
from nn.data.synthetic.drawings import draw_form
from nn.data.synthetic.forms import FORMS, NON_DIGIT_FORMS
from nn.data.synthetic.glyphs import Glyph

COLUMNS, GAP = 32, 2  # images in a row, and pixels between images
SAMPLES = 2  # of each form of a digit; of non-digits one


def sheet() -> Image.Image:
    """Dark strokes on white: the forms of each digit from a row of its own on, then non-digits."""
    groups: list[tuple[list[Glyph], int]] = [
        (list(named.values()), SAMPLES) for named in FORMS.values()
    ]
    groups.append((list(NON_DIGIT_FORMS.values()), 1))
    rows = []
    for forms, samples in groups:
        drawn = [image for form in forms for image in draw_form(form, samples, seed=4)]
        for first in range(0, len(drawn), COLUMNS):
            row = np.zeros((IMAGE_SIDE, COLUMNS * (IMAGE_SIDE + GAP)), np.uint8)
            for column, image in enumerate(drawn[first : first + COLUMNS]):
                left = column * (IMAGE_SIDE + GAP)
                row[:, left : left + IMAGE_SIDE] = image
            rows.append(np.pad(row, ((0, GAP), (0, 0))))
    return Image.fromarray(255 - np.concatenate(rows))
