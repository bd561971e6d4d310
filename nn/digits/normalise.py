"""Normalise: any picture of a digit → MNIST's frame.

MNIST's makers scaled each digit to fit 20 × 20 with anti-aliasing and placed its centre of mass at
the centre of 28 × 28 (LeCun et al. 1998, *Gradient-based learning*, §III-A). A network that has
seen only such pictures reads only such pictures, so every drawing, upload and file passes here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SIZE, BOX = 28, 20
FAINTEST = 0.1  # ink must differ from the paper by this share of the full range
LONGEST_WORK = 400  # pictures are shrunk to this side first: finer detail cannot survive 20 px


class Normalised(NamedTuple):
    image: NDArray[np.uint8]  # (28, 28), ink bright on 0
    blank: bool  # nothing to read: image is all 0


def normalise(picture: Image.Image | NDArray[np.uint8]) -> Normalised:
    """Dark ink on light paper or light on dark, grey, colour or transparent, any size.

    picture: a Pillow image, or an array (h, w), (h, w, 3) or (h, w, 4) of uint8.
    """
    ink = _ink(picture)
    if ink is None:
        return Normalised(np.zeros((SIZE, SIZE), np.uint8), True)
    rows, columns = (np.flatnonzero((ink > 0.1).any(axis=axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Normalised(_centre(_shrink(ink, BOX)), False)


def _ink(picture: Image.Image | NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Ink from 0 (paper) to 1 (darkest, or lightest, stroke); None for a blank picture."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image = ImageOps.exif_transpose(image)  # a phone's photo may be stored lying on its side
    if "A" in image.getbands() or "transparency" in image.info:
        image = _on_paper(image.convert("RGBA"))
    deep = image.mode.startswith("I;16")  # converting these to L would clip them at 255
    grey: NDArray[np.float32] = np.asarray(image if deep else image.convert("L"), np.float32)
    grey = grey / np.float32(65_535 if deep else 255)
    if max(grey.shape) > LONGEST_WORK:
        grey = _shrink(grey, LONGEST_WORK)
    # The paper is what most of the border shows: a digit seldom covers half of it.
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(edge))
    ink = np.abs(grey - paper)
    strongest = float(ink.max())
    if strongest < FAINTEST:
        return None
    # The paper's own grain is no ink: what the border varies by, twice over.
    grain = min(2 * float(np.quantile(np.abs(edge - paper), 0.9)), 0.5 * strongest)
    cleaned: NDArray[np.float32] = np.clip((ink - grain) / (strongest - grain), 0, 1)
    return cleaned


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white paper, or on black where its own ink is light."""
    pixels = np.asarray(image)
    opaque = pixels[..., 3] > 127
    light = opaque.any() and pixels[opaque][:, :3].mean() > 127
    paper = Image.new("RGBA", image.size, (0, 0, 0, 255) if light else (255, 255, 255, 255))
    return Image.alpha_composite(paper, image)


def _shrink(ink: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Scale so that the longer side is ``side`` pixels, anti-aliased."""
    height, width = ink.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    scaled = Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(scaled, np.float32), 0, 1)


def _centre(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Place ``ink`` (at most 20 × 20) in 28 × 28 with its centre of mass in pixel (14, 14)."""
    frame = np.zeros((SIZE, SIZE), np.uint8)
    place = []
    for axis, length in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        middle = float((mass * (np.arange(length) + 0.5)).sum() / mass.sum())
        # MNIST's own centres of mass all lie in pixel 14, from 14.0 to 15.0 (measured).
        place.append(int(np.clip(np.ceil(SIZE / 2 - middle), 0, SIZE - length)))
    top, left = place
    # The brightest stroke becomes full ink: anti-aliasing has thinned out hair lines.
    frame[top : top + ink.shape[0], left : left + ink.shape[1]] = np.rint(ink / ink.max() * 255)
    return frame
