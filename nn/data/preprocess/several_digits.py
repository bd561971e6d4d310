"""Whether an image shows more than one digit: tall pieces of ink side by side."""

from __future__ import annotations

import numpy as np

from nn.data.preprocess.connected_components import label
from nn.data.preprocess.foreground import MIN_FOREGROUND, Foreground

# A separate stroke of one digit is shorter, or lies above or below the rest: over 550 drawings and
# 10,000 MNIST images see tests/data/preprocess/test_drawings.py.
MIN_HEIGHT = 0.5  # of a digit's piece, in heights of the image
MAX_OVERLAP = 0.3  # of the narrower piece's width


def shows_several_digits(cropped: Foreground) -> bool:
    """cropped: (h, w), 0–1, ink inside its bounding box."""
    pieces, count = label(cropped > MIN_FOREGROUND)
    if count < 2:
        return False
    rows, columns = np.nonzero(pieces)
    piece = pieces[rows, columns] - 1
    top, left = np.full((2, count), max(cropped.shape))
    bottom, right = np.zeros((2, count), int)
    np.minimum.at(top, piece, rows)
    np.maximum.at(bottom, piece, rows + 1)
    np.minimum.at(left, piece, columns)
    np.maximum.at(right, piece, columns + 1)
    tallest = (bottom - top).argmax()
    is_tall = bottom - top >= MIN_HEIGHT * len(cropped)
    overlap = np.minimum(right, right[tallest]) - np.maximum(left, left[tallest])
    narrower = np.minimum(right - left, (right - left)[tallest])
    return bool((is_tall & (overlap < MAX_OVERLAP * narrower)).any())
