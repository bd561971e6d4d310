"""The preprocessing pipeline: from any image of a digit to a 28 × 28 image like those of MNIST.

The makers of MNIST scaled each digit to fit 20 × 20 pixels with anti-aliasing and placed its center
of mass at the center of 28 × 28 (LeCun et al. 1998, *Gradient-based learning applied to document
recognition*, §III-A). A network trained on such images recognizes only such images, so every
drawing, upload and image file goes through this pipeline.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn import IMAGE_SIDE
from nn.data.preprocess.bounding_box import Box, bounding_box
from nn.data.preprocess.center_of_mass import center
from nn.data.preprocess.denoise import denoise
from nn.data.preprocess.foreground import MIN_FOREGROUND, Foreground, extract_foreground
from nn.data.preprocess.grayscale import as_image, to_grayscale
from nn.data.preprocess.several_digits import shows_several_digits
from nn.data.preprocess.stroke_width import mean_width, normalize_stroke_width

WORKING_SIDE = 200  # pixels: images are reduced to 1 to 2 times this; 20 × 20 need no more detail
MIN_DETAIL = 60  # pixels at that size: a smaller digit is extracted again at a higher resolution
MIN_DIGIT_SIDE = 5  # pixels: anything smaller cannot be recognized
DOT_WIDTH = 0.36  # stroke width / side: 0.37 to 0.5 for a disc, less for MNIST's digits


class Problem(StrEnum):
    """Why an image has no digit to classify: a sentence to show."""

    BLANK = "No digit found."
    TOO_SMALL = "Too small to read."
    SEVERAL = "One digit at a time, please."


class Preprocessed(NamedTuple):
    image: NDArray[np.uint8]  # (28, 28), bright strokes on 0; all 0 with a problem
    problem: Problem | None  # None: there is one digit to classify
    # Intermediate images in this order, uint8, bright strokes on 0: "foreground" (of the whole
    # image, denoised), "crop", "stroke_width" (at most 20 × 20), "center_of_mass" (28 × 28).
    # Empty with a problem.
    steps: dict[str, NDArray[np.uint8]]


def preprocess(source: Image.Image | NDArray[np.generic]) -> Preprocessed:
    """Drawing, scan or photo of any size, dark strokes on light or light on dark → 28 × 28.

    1. Grayscale: rotate upright, flatten transparency, reduce to a working size.
    2. Foreground: separate the strokes from the background, even in uneven light.
    3. Denoise: remove ruled lines, frames and specks.
    4. Crop to the bounding box of the strokes.
    5. Scale the longer side to 20 pixels.
    6. Stroke width: join broken strokes; thicken or thin them to MNIST's range.
    7. Center of mass: place it at the center of 28 × 28 pixels.

    source: a Pillow image of any mode, or an array (h, w) or (h, w, 1–4) of numbers. Raises
    UserError for anything else.
    """
    image = as_image(source)
    foreground = _extract_digit(image, Box(0, 0, *image.size))
    if foreground is None or not (foreground > MIN_FOREGROUND).any():
        return _none(Problem.BLANK)
    cropped = foreground[bounding_box(foreground > MIN_FOREGROUND).slices]
    fills_image = (
        cropped.shape == foreground.shape
    )  # as a 1 in a scan that is stretched to a square
    if max(cropped.shape) < MIN_DIGIT_SIDE or (_is_dot(cropped) and not fills_image):
        return _none(Problem.TOO_SMALL)
    if shows_several_digits(cropped):
        return _none(Problem.SEVERAL)
    scaled = normalize_stroke_width(cropped)
    if not scaled.any():
        return _none(Problem.TOO_SMALL)
    # Anti-aliasing dims thin lines: rescale so that the brightest pixel is 1.
    centered = center(scaled / scaled.max())
    arrays = {
        "foreground": foreground,
        "crop": cropped,
        "stroke_width": scaled,
        "center_of_mass": centered,
    }
    steps = {name: np.rint(array * 255).astype(np.uint8) for name, array in arrays.items()}
    return Preprocessed(steps["center_of_mass"], None, steps)


def already_preprocessed(image: NDArray[np.uint8]) -> Preprocessed:
    """image: (28, 28) uint8 in MNIST's format, as if ``preprocess`` had made it."""
    foreground = image > 255 * MIN_FOREGROUND
    if not foreground.any():
        return Preprocessed(image, Problem.BLANK, {})
    return Preprocessed(image, None, {"crop": image[bounding_box(foreground).slices]})


def _none(problem: Problem) -> Preprocessed:
    return Preprocessed(np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8), problem, {})


def _is_dot(cropped: Foreground) -> bool:
    return bool(mean_width(cropped) > DOT_WIDTH * max(cropped.shape))


def _extract_digit(image: Image.Image, box: Box) -> Foreground | None:
    """The denoised foreground inside ``box``; zooms in on a small digit. None if there is none."""
    factor = max(1, max(box.right - box.left, box.bottom - box.top) // WORKING_SIDE)
    foreground = extract_foreground(to_grayscale(image, box, factor))
    if foreground is None:
        return None
    foreground = denoise(foreground)
    if factor == 1 or not (foreground > MIN_FOREGROUND).any():
        return foreground
    digit = bounding_box(foreground > MIN_FOREGROUND)
    side = max(digit.right - digit.left, digit.bottom - digit.top)
    scale_x = (box.right - box.left) / foreground.shape[1]
    scale_y = (box.bottom - box.top) / foreground.shape[0]
    if side * max(scale_x, scale_y) >= MIN_DETAIL * factor:
        return foreground
    margin = side / 4
    zoomed_box = Box(
        max(box.left, box.left + int((digit.left - margin) * scale_x)),
        max(box.top, box.top + int((digit.top - margin) * scale_y)),
        min(box.right, box.left + int((digit.right + margin) * scale_x)),
        min(box.bottom, box.top + int((digit.bottom + margin) * scale_y)),
    )
    zoomed = _extract_digit(image, zoomed_box)
    return foreground if zoomed is None else zoomed
