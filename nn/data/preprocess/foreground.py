"""Ink: what of a picture was written, whatever the paper, the light and the pen.

Paper is what the border shows. On a photograph it is darker here and lighter there, so a smooth
surface is fitted to the border, and what wide shadows remain are taken off. Ink is what then
differs from the paper by more than the paper's own grain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn.data.preprocess.grayscale import Gray

Ink = NDArray[np.float32]  # (h, w), from 0 (paper) to 1 (the strongest stroke)

FAINTEST = 0.1  # ink must differ from the paper by this share of the full range
CLEAR = 2.5  # and be this many times stronger than the grain
ALIKE = 0.2  # neighbors' correlation: noise has less, even a one-pixel pen's strokes more
UNEVEN = 0.03  # a border that varies by more is unevenly lit, or crossed by ink
SMALL = 64  # pixels: a shorter side below this is no photograph
CELLS = 8  # across and down: in each, ink covers less than the paper
MAX_WIDTH = 0.25  # of the shorter side: what is wider than this both ways is a shadow, no stroke


def find(gray: Gray) -> Ink | None:
    """The ink in a picture's gray levels; None where there is none, or nothing but grain.

    Grain averages out where four pixels become one, so a noisy picture is tried smaller before
    it counts as empty: the ink may be smaller than ``gray`` by a power of two.
    """
    while True:
        ink = None if _is_noise(gray) else _above_grain(_contrast(gray))
        if ink is not None or min(gray.shape) < SMALL:
            return ink
        gray = _resized(gray, gray.shape[1] // 2, gray.shape[0] // 2)


def _is_noise(gray: Gray) -> bool:
    """Pixels know nothing of their neighbors, neither across, down nor along a diagonal."""
    apart = gray - gray.mean()
    pairs = (
        (apart[1:], apart[:-1]),
        (apart[:, 1:], apart[:, :-1]),
        (apart[1:, 1:], apart[:-1, :-1]),
        (apart[1:, :-1], apart[:-1, 1:]),
    )
    closest = max(float(np.vdot(one, other)) for one, other in pairs)
    return closest < ALIKE * float(np.vdot(apart, apart))


def _contrast(gray: Gray) -> Ink:
    """How far each pixel is from the paper, towards the side (dark or light) that ink is on."""
    edge = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    # A tight scan's ink may touch every edge, but seldom fills the corners or most of the picture.
    corners = np.repeat(gray[[0, 0, -1, -1], [0, -1, 0, -1]], len(edge) // 8)
    votes = np.concatenate([corners, gray.ravel()[:: max(1, gray.size // len(edge))]])
    middle = (float(gray.min()) + float(gray.max())) / 2
    light = votes >= middle
    paper = np.median(votes[light] if 2 * light.sum() > len(light) else votes[~light])
    if min(gray.shape) >= SMALL and np.quantile(np.abs(edge - paper), 0.9) > UNEVEN:
        return _shaded(gray)
    above = gray - np.float32(paper)
    return above if _mostly_above(above) else -above


def _shaded(gray: Gray) -> Ink:
    """The contrast on unevenly lit paper: what is darker, or lighter, than all around it."""
    around = _resized(_resized(gray, CELLS, CELLS), *gray.shape[::-1])
    light = _mostly_above(gray - around)
    coarse = _resized(gray, gray.shape[1] // 4, gray.shape[0] // 4)
    half = round(MAX_WIDTH / 2 * min(coarse.shape))
    if light:
        contrast = gray - _resized(_opened(coarse, half), *gray.shape[::-1])
    else:
        # Light multiplies: ink in the shade differs from its paper by as large a share.
        contrast = 1 - gray / _resized(_closed(coarse, half), *gray.shape[::-1]).clip(min=0.05)
    return contrast - np.float32(np.median(contrast))


def _mostly_above(difference: Gray) -> bool:
    # Cubes: a few strong strokes outweigh wide soft shades.
    return float(np.vdot(difference * difference, difference)) > 0


def _opened(values: Gray, half: int) -> Gray:
    """Without what is lighter and narrower than ``2 · half + 1`` pixels: morphological opening."""
    return _running(np.maximum, _running(np.minimum, values, half), half)


def _closed(values: Gray, half: int) -> Gray:
    """Without what is darker and narrower."""
    return _running(np.minimum, _running(np.maximum, values, half), half)


def _running(extreme: np.ufunc, values: Gray, half: int) -> Gray:
    """The extreme of the square ``2 · half + 1`` pixels wide around each pixel."""
    for _ in "down", "across":
        window, done = 2 * half + 1, 1
        found = np.pad(values, ((half, half), (0, 0)), mode="edge")
        while 2 * done <= window:  # of 1, 2, 4, … values
            found = extreme(found[:-done], found[done:])
            done *= 2
        rest = window - done
        values = extreme(found[: len(found) - rest], found[rest:]).T
    return values


def _resized(gray: Gray, width: int, height: int) -> Gray:
    filter = Image.Resampling.BOX if width < gray.shape[1] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(gray).resize((width, height), filter))


def _above_grain(contrast: Ink) -> Ink | None:
    """From 0 at the grain to 1 at the strongest stroke; None where nothing stands out."""
    top = float(contrast.max())
    if top < FAINTEST:
        return None
    # Three standard deviations of the paper: a quarter of a normal distribution is within 0.319.
    grain = 3 / 0.319 * float(np.quantile(np.abs(contrast), 0.25))
    strongest = float(np.quantile(contrast[contrast > top / 2], 0.9)) if grain else top
    if strongest < CLEAR * grain:
        return None
    ink: Ink = np.clip((contrast - grain) / (strongest - grain), 0, 1)
    return ink
