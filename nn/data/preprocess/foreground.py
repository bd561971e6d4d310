"""Foreground: the pen strokes in an image, whatever the background, the light and the pen.

The border of the image shows the background. In a photo the light is uneven, so a smooth surface
estimates the background and removes wide shadows. Foreground is whatever differs from the
background by more than the noise does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn.data.preprocess.bounding_box import Mask
from nn.data.preprocess.connected_components import label
from nn.data.preprocess.grayscale import Grayscale
from nn.data.preprocess.quantiles import median, quantile

Foreground = NDArray[np.float32]  # (h, w), from 0 (background) to 1 (strongest stroke)

MIN_FOREGROUND = 0.1  # values above this count toward the bounding box of a digit
MIN_CONTRAST = 0.1  # of the full range: weaker differences from the background are no strokes
MIN_SIGNAL_TO_NOISE = 2.5  # strokes are at least this many times stronger than the noise
MIN_CORRELATION = 0.2  # of neighboring pixels: noise has less, strokes one pixel wide have more
UNEVEN_BORDER = 0.03  # a border that varies more is unevenly lit, or strokes cross it
MIN_PHOTO_SIDE = 64  # pixels: images with a shorter side are not treated as photos
BACKGROUND_CELLS = 8  # rows and columns of the coarse background, mostly free of strokes
MAX_STROKE_SHARE = 0.25  # of the shorter side: anything wider in both directions is a shadow
SMOOTH_CELLS = 12  # across the longer side: strokes differ from a surface with this much detail …
MIN_DETAIL = 0.05  # … by at least this, half of MIN_CONTRAST at a stroke's edge; gradients do not


def extract_foreground(gray: Grayscale) -> Foreground | None:
    """The strokes in an image; None if there are none, or nothing but noise.

    Averaging 2 × 2 pixels reduces noise, so a noisy image is tried again at half its size before it
    counts as empty: the result may be smaller than ``gray`` by a power of two.
    """
    while True:
        foreground = None if _is_noise(gray) or _is_smooth(gray) else _above_noise(_contrast(gray))
        if foreground is not None or min(gray.shape) < MIN_PHOTO_SIDE:
            return foreground
        gray = _resize(gray, gray.shape[1] // 2, gray.shape[0] // 2)


def _is_smooth(gray: Grayscale) -> bool:
    """Whether the light is uneven and no edge exceeds the noise: a page without strokes."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    if quantile(np.abs(border - median(border)), 0.9) <= UNEVEN_BORDER:
        return False  # blurred strokes may have no edges either
    height, width = gray.shape
    cell = max(2, round(max(height, width) / SMOOTH_CELLS))
    if min(height, width) <= 2 * cell:
        return False
    surface = _resize(_resize(gray, width // cell, height // cell), width, height)
    inner = slice(cell, -cell)  # the surface is level in the outer half of each cell at the border
    detail = np.abs(gray - surface)[inner, inner]
    noise = 5 / 0.674 * median(detail)  # half of a normal distribution is within 0.674 σ
    return bool(detail.max() < np.clip(noise, MIN_DETAIL, 3 * MIN_DETAIL))


def _is_noise(gray: Grayscale) -> bool:
    """Whether neighboring pixels are uncorrelated horizontally, vertically and diagonally."""
    deviation = gray - gray.mean()
    pairs = (
        (deviation[1:], deviation[:-1]),
        (deviation[:, 1:], deviation[:, :-1]),
        (deviation[1:, 1:], deviation[:-1, :-1]),
        (deviation[1:, :-1], deviation[:-1, 1:]),
    )
    strongest = max(float(np.vdot(one, other)) for one, other in pairs)
    return strongest < MIN_CORRELATION * float(np.vdot(deviation, deviation))


def _contrast(gray: Grayscale) -> Foreground:
    """Each pixel's difference from the background, positive where strokes are."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    # The strokes of a tightly cropped scan may touch every edge, but they seldom fill the corners
    # or most of the image.
    corners = np.repeat(gray[[0, 0, -1, -1], [0, -1, 0, -1]], len(border) // 8)
    votes = np.concatenate([corners, gray.ravel()[:: max(1, gray.size // len(border))]])
    middle = (float(gray.min()) + float(gray.max())) / 2
    light = votes >= middle
    background = median(votes[light] if 2 * light.sum() > len(light) else votes[~light])
    is_photo = min(gray.shape) >= MIN_PHOTO_SIDE
    if not is_photo and (one := _stretched_one(gray >= middle)) is not None:
        background = median(gray[~one])
    if is_photo and quantile(np.abs(border - background), 0.9) > UNEVEN_BORDER:
        return _contrast_in_uneven_light(gray)
    above = gray - np.float32(background)
    return above if _is_mostly_positive(above) else -above


def _stretched_one(light: Mask) -> Mask | None:
    """The 1 that fills most of a small scan, stretched to its width; None if there is none.

    In every row it is one run of pixels, and the background is left on two sides of it.
    """
    larger = light if 2 * light.mean() > 1 else ~light
    runs = np.count_nonzero(np.diff(np.pad(larger, ((0, 0), (1, 0))).astype(np.int8)) == 1, axis=1)
    return larger if (runs == 1).all() and label(~larger)[1] > 1 else None


def _contrast_in_uneven_light(gray: Grayscale) -> Foreground:
    """The same for a background that is darker in some places: compare with the surroundings."""
    surroundings = _resize(_resize(gray, BACKGROUND_CELLS, BACKGROUND_CELLS), *gray.shape[::-1])
    light_strokes = _is_mostly_positive(gray - surroundings)
    coarse = _resize(gray, gray.shape[1] // 4, gray.shape[0] // 4)
    radius = round(MAX_STROKE_SHARE / 2 * min(coarse.shape))
    if light_strokes:
        contrast = gray - _resize(_opening(coarse, radius), *gray.shape[::-1])
    else:
        # Light multiplies: a dark stroke in a shadow differs from its background by the same share.
        contrast = 1 - gray / _resize(_closing(coarse, radius), *gray.shape[::-1]).clip(min=0.05)
    return contrast - np.float32(median(contrast))


def _is_mostly_positive(difference: Grayscale) -> bool:
    # Cubes, so that a few strong strokes outweigh large areas of soft shading.
    return float(np.vdot(difference * difference, difference)) > 0


def _opening(values: Grayscale, radius: int) -> Grayscale:
    """Morphological opening: removes what is lighter and narrower than 2 · radius + 1 pixels."""
    return _filter(np.maximum, _filter(np.minimum, values, radius), radius)


def _closing(values: Grayscale, radius: int) -> Grayscale:
    """Morphological closing: removes what is darker and narrower than 2 · radius + 1 pixels."""
    return _filter(np.minimum, _filter(np.maximum, values, radius), radius)


def _filter(extreme: np.ufunc, values: Grayscale, radius: int) -> Grayscale:
    """The minimum or maximum of the square with sides of 2 · radius + 1 pixels around each pixel.

    Extremes of 1, 2, 4, … pixels are combined, first along columns, then along rows.
    """
    for _ in "columns", "rows":
        window, covered = 2 * radius + 1, 1
        combined = np.pad(values, ((radius, radius), (0, 0)), mode="edge")
        while 2 * covered <= window:
            combined = extreme(combined[:-covered], combined[covered:])
            covered *= 2
        shift = window - covered
        values = extreme(combined[: len(combined) - shift], combined[shift:]).T
    return values


def _resize(gray: Grayscale, width: int, height: int) -> Grayscale:
    resampling = Image.Resampling.BOX if width < gray.shape[1] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(gray).resize((width, height), resampling))


def _above_noise(contrast: Foreground) -> Foreground | None:
    """From 0 at the noise level to 1 at the strongest stroke; None if nothing exceeds the noise."""
    peak = float(contrast.max())
    if peak < MIN_CONTRAST:
        return None
    # Three standard deviations: a quarter of a normal distribution lies within 0.319 of one. Of the
    # background only: strokes that fill much of the image would count as noise.
    background = np.abs(contrast[contrast < peak / 2])
    noise = 3 / 0.319 * quantile(background, 0.25) if background.size else 0.0
    strongest = quantile(contrast[contrast > peak / 2], 0.9) if noise else peak
    if strongest < MIN_SIGNAL_TO_NOISE * noise:
        return None
    foreground: Foreground = np.clip((contrast - noise) / (strongest - noise), 0, 1)
    return foreground
