"""Normalise: any picture of a digit → MNIST's frame.

MNIST's makers scaled each digit to fit 20 × 20 with anti-aliasing and placed its center of mass at
the center of 28 × 28 (LeCun et al. 1998, *Gradient-based learning*, §III-A). A network that has
seen only such pictures reads only such pictures, so every drawing, upload and file passes here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn.data.preprocess import stroke_width
from nn.data.preprocess.denoise import box, cleaned
from nn.data.preprocess.foreground import Ink, find
from nn.data.preprocess.grayscale import Box, gray, opened

SIZE = 28
WORK = 200  # a picture is looked at in 1 to 2 times as many pixels: more cannot survive 20
CLOSER = 60  # pixels there: a smaller digit is looked at again
STROKE = 0.1  # ink above this decides where a digit begins and ends
SMALLEST = 5  # pixels: nothing smaller can be read
ROUND = 0.36  # stroke width as a share of the side: of a disc 0.37 to 0.5, of MNIST's digits less


class Preprocessed(NamedTuple):
    image: NDArray[np.uint8]  # (28, 28), ink bright on 0
    blank: bool  # nothing to read: image is all 0
    # On the way there, in this order: "found" (the ink in the whole picture), "cropped",
    # "weighed" (at most 20 × 20), "centered" (28 × 28); uint8, ink bright. Empty when blank.
    steps: dict[str, NDArray[np.uint8]]


def preprocess(picture: Image.Image | NDArray[np.generic]) -> Preprocessed:
    """Dark ink on light paper or light on dark; drawing, scan or photograph; any size.

    picture: a Pillow image of any mode, or an array (h, w) or (h, w, 1–4) of numbers.
    Raises UserError for what is no picture.
    """
    image = opened(picture)
    found = _look(image, (0, 0, *image.size))
    ink = found if found is None else _crop(found)
    if found is None or ink is None or _is_dot(ink):
        return Preprocessed(np.zeros((SIZE, SIZE), np.uint8), True, {})
    weighed = stroke_width.weighed(ink)
    # The brightest stroke becomes full ink: anti-aliasing has thinned out hair lines.
    centered = _centered(weighed / weighed.max())
    steps = {"found": found, "cropped": ink, "weighed": weighed, "centered": centered}
    pictures = {name: np.rint(step * 255).astype(np.uint8) for name, step in steps.items()}
    return Preprocessed(pictures["centered"], False, pictures)


def _look(image: Image.Image, part: Box) -> Ink | None:
    """The digit's ink in ``part``, from nearer where it is small; None where there is none."""
    shrink = max(1, max(part[2] - part[0], part[3] - part[1]) // WORK)
    ink = find(gray(image, part, shrink))
    if ink is None:
        return None
    ink = cleaned(ink)
    if shrink > 1 and ink.any():
        top, left, bottom, right = box(ink > STROKE)
        side = max(bottom - top, right - left)
        scale = (part[2] - part[0]) / ink.shape[1], (part[3] - part[1]) / ink.shape[0]
        if side * max(scale) < CLOSER * shrink:
            nearer = (
                max(part[0], part[0] + int((left - side / 4) * scale[0])),
                max(part[1], part[1] + int((top - side / 4) * scale[1])),
                min(part[2], part[0] + int((right + side / 4) * scale[0])),
                min(part[3], part[1] + int((bottom + side / 4) * scale[1])),
            )
            closer = _look(image, nearer)
            return ink if closer is None else closer
    return ink


def _crop(ink: Ink) -> Ink | None:
    """Cut to the box of the strokes; None when there are none."""
    if not (ink > STROKE).any():
        return None
    top, left, bottom, right = box(ink > STROKE)
    return ink[top:bottom, left:right]


def _is_dot(ink: Ink) -> bool:
    side = max(ink.shape)
    return bool(side < SMALLEST or stroke_width.width(ink) > ROUND * side)


def _centered(ink: Ink) -> Ink:
    """Place ``ink`` (at most 20 × 20) in 28 × 28 with its center of mass in pixel (14, 14)."""
    frame = np.zeros((SIZE, SIZE), np.float32)
    place = []
    for axis, length in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        middle = float((mass * (np.arange(length) + 0.5)).sum() / mass.sum())
        # MNIST's own centers of mass all lie in pixel 14, from 14.0 to 15.0 (measured).
        place.append(int(np.clip(np.ceil(SIZE / 2 - middle), 0, SIZE - length)))
    top, left = place
    frame[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return frame
