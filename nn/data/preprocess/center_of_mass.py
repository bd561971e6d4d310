"""Center of mass: place a digit in 28 × 28 the way MNIST does."""

from __future__ import annotations

import numpy as np

from nn import IMAGE_SIDE
from nn.data.preprocess.foreground import Foreground


def center(foreground: Foreground) -> Foreground:
    """Place a digit of at most 20 × 20 in 28 × 28 with its center of mass in pixel (14, 14).

    It moves by whole pixels, and never beyond the edge of the image.
    """
    image = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.float32)
    offsets = []
    for axis, length in enumerate(foreground.shape):
        mass = foreground.sum(axis=1 - axis)
        middle = float((mass * (np.arange(length) + 0.5)).sum() / mass.sum())
        # All centers of mass in MNIST lie in pixel 14, from 14.0 to 15.0 (measured).
        offsets.append(int(np.clip(np.ceil(IMAGE_SIDE / 2 - middle), 0, IMAGE_SIDE - length)))
    top, left = offsets
    image[top : top + foreground.shape[0], left : left + foreground.shape[1]] = foreground
    return image
