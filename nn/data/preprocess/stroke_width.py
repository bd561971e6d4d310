"""Weight: strokes as thick as MNIST's, whatever the pen.

The width of a stroke is 2 · area / length of its edge; ink's total variation is that length
(coarea formula), also where edges are soft. Of MNIST's digits, framed in 20 pixels, 5 % are
thinner than 1.7 pixels by this measure, 5 % thicker than 3.6, half of them thinner than 2.4.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from nn.data.preprocess.connected_components import label
from nn.data.preprocess.denoise import WRITTEN, box
from nn.data.preprocess.foreground import Ink

BOX = 20  # pixels: the longer side of a digit in MNIST's frame
THINNEST, THICKEST = 1.7, 3.6  # in those pixels: what is between stays as it is
PARTS = 3  # a digit's strokes; more are a broken stroke's pieces
REACH = 6  # pixels, in the finer picture: half the widest gap that they grow together over
FINE = 4  # strokes are mended in a picture so many times finer


def width(ink: Ink) -> float:
    """The strokes' mean width in pixels."""
    return 2 * float(ink.sum()) / max(edge(ink), 1e-6)


def edge(ink: Ink) -> float:
    """How long the strokes' edges are together, in pixels."""
    padded = np.pad(ink, 1)
    down, across = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(np.hypot(down, across).sum())


def scaled(ink: Ink, side: int) -> Ink:
    """So that the longer side is ``side`` pixels, anti-aliased."""
    scale = side / max(ink.shape)
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    if size == ink.shape[::-1]:
        return ink
    return np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def weighed(ink: Ink) -> Ink:
    """Ink cropped to its box → at most 20 × 20, broken strokes joined, weight like MNIST's."""
    small, fine = scaled(ink, BOX), scaled(ink, BOX * FINE)
    wide = width(small)
    goal = min(max(wide, THINNEST), THICKEST) / BOX  # share of the finished side
    reach = 0
    while reach < REACH and label(fine > WRITTEN)[1] > PARTS:
        reach += 1
        fine = thickened(fine, 1)
    if reach == 0 and THINNEST <= wide <= THICKEST:
        return small
    wide, side = width(fine), max(fine.shape)
    # Growing by r on each side makes strokes wider, and the digit they are a share of larger too.
    grow = (goal * side - wide) / (2 * (1 - goal))
    fine = thickened(fine, grow) if grow > 0 else thinned(fine, -grow)
    top, left, bottom, right = box(fine > 0.1)
    return scaled(fine[top:bottom, left:right], BOX)


def thickened(ink: Ink, by: float) -> Ink:
    """Every stroke's edge moved out by ``by`` pixels; the picture grows with them."""
    whole, part = int(by), by - int(by)
    ink = np.pad(ink, whole + 1)
    inner = _spread(ink, whole)
    outer = _spread(ink, whole + 1)
    return np.asarray(inner + np.float32(part) * (outer - inner))


def thinned(ink: Ink, by: float) -> Ink:
    """Every stroke's edge moved in by ``by`` pixels, save where that would leave none of it."""
    ink = np.pad(ink, 1)
    whole, part = int(by), by - int(by)
    inner = 1 - _spread(1 - ink, whole + 1)
    outer = 1 - _spread(1 - ink, whole)
    lost = ink - _spread(inner, whole + 1)
    return np.maximum(
        outer + np.float32(part) * (inner - outer), np.minimum(_spread(lost, whole + 1), ink)
    )


def _spread(ink: Ink, radius: int) -> Ink:
    """Each pixel the greatest within ``radius``: dilation by a disc."""
    if radius == 0:
        return ink
    height, width = ink.shape
    padded = np.pad(ink, radius)
    spread = ink
    for down in range(-radius, radius + 1):
        reach = round((radius**2 - down**2) ** 0.5)
        row = padded[radius + down : radius + down + height]
        for across in range(-reach, reach + 1):
            spread = np.maximum(spread, row[:, radius + across : radius + across + width])
    return spread
