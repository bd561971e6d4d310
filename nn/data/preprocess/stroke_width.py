"""Stroke width: scale a digit to 20 × 20 and make its strokes as wide as MNIST's.

The mean width of a stroke is 2 · area / length of its edge, and the total variation of the
foreground is that length (coarea formula), even if edges are soft. Measured on MNIST's digits,
scaled to 20 pixels: the median is 2.4 pixels, the 5th percentile 1.7, the 95th 3.6.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from nn.data.preprocess.bounding_box import bounding_box
from nn.data.preprocess.connected_components import label
from nn.data.preprocess.denoise import STROKE_LEVEL
from nn.data.preprocess.foreground import MIN_FOREGROUND, Foreground

DIGIT_SIDE = 20  # pixels: the longer side of a digit in MNIST
MIN_WIDTH, MAX_WIDTH = 1.7, 3.6  # pixels at that size: widths in between stay as they are
MAX_STROKES = 3  # of a digit: more components are pieces of a broken stroke
FINE_FACTOR = 4  # strokes are repaired at this multiple of the final resolution
MAX_REPAIR = 6  # pixels at that resolution: half the widest gap that is closed


def mean_width(foreground: Foreground) -> float:
    """The mean width of the strokes in pixels."""
    return 2 * float(foreground.sum()) / max(edge_length(foreground), 1e-6)


def edge_length(foreground: Foreground) -> float:
    """The total length of all stroke edges in pixels."""
    padded = np.pad(foreground, 1)
    down, across = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(np.hypot(down, across).sum())


def scale(foreground: Foreground, side: int) -> Foreground:
    """Resize with anti-aliasing so that the longer side has ``side`` pixels."""
    factor = side / max(foreground.shape)
    height, width = (max(1, round(length * factor)) for length in foreground.shape)
    if (height, width) == foreground.shape:
        return foreground
    resized = Image.fromarray(foreground).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(resized).clip(0, 1)


def normalize_stroke_width(cropped: Foreground) -> Foreground:
    """A cropped digit → at most 20 × 20, broken strokes joined, stroke width in MNIST's range.

    All 0 if nothing is left of the foreground at that size, as with a few faint specks.
    """
    small, fine = scale(cropped, DIGIT_SIDE), scale(cropped, DIGIT_SIDE * FINE_FACTOR)
    width = mean_width(small)
    target = min(max(width, MIN_WIDTH), MAX_WIDTH) / DIGIT_SIDE  # share of the final side
    repairs = 0
    while repairs < MAX_REPAIR and label(fine > STROKE_LEVEL)[1] > MAX_STROKES:
        repairs += 1
        fine = thicken(fine, 1)
    if repairs == 0 and MIN_WIDTH <= width <= MAX_WIDTH:
        return small
    width, side = mean_width(fine), max(fine.shape)
    # Moving the edges by r widens the strokes by 2r, and the digit as well.
    distance = (target * side - width) / (2 * (1 - target))
    fine = thicken(fine, distance) if distance > 0 else thin(fine, -distance)
    if not (fine > MIN_FOREGROUND).any():
        return np.zeros_like(small)
    return scale(fine[bounding_box(fine > MIN_FOREGROUND).slices], DIGIT_SIDE)


def thicken(foreground: Foreground, distance: float) -> Foreground:
    """Move all stroke edges out by ``distance`` pixels; the array grows accordingly."""
    whole, fraction = int(distance), distance - int(distance)
    foreground = np.pad(foreground, whole + 1)
    inner = _dilate(foreground, whole)
    outer = _dilate(foreground, whole + 1)
    return np.asarray(inner + np.float32(fraction) * (outer - inner))


def thin(foreground: Foreground, distance: float) -> Foreground:
    """Move all stroke edges in by ``distance`` pixels, except where a stroke would vanish."""
    foreground = np.pad(foreground, 1)
    whole, fraction = int(distance), distance - int(distance)
    inner = 1 - _dilate(1 - foreground, whole + 1)
    outer = 1 - _dilate(1 - foreground, whole)
    lost = foreground - _dilate(inner, whole + 1)
    return np.maximum(
        outer + np.float32(fraction) * (inner - outer),
        np.minimum(_dilate(lost, whole + 1), foreground),
    )


def _dilate(foreground: Foreground, radius: int) -> Foreground:
    """Dilation by a disc: each pixel becomes the maximum within ``radius``."""
    if radius == 0:
        return foreground
    height, width = foreground.shape
    padded = np.pad(foreground, radius)
    dilated = foreground
    for down in range(-radius, radius + 1):
        reach = round((radius**2 - down**2) ** 0.5)
        row = padded[radius + down : radius + down + height]
        for across in range(-reach, reach + 1):
            dilated = np.maximum(dilated, row[:, radius + across : radius + across + width])
    return dilated
