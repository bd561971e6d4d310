"""Synthetic drawings: digits as people draw them with a mouse, a finger or a pen, and what is none.

MNIST was written with pens in the United States. Here each digit is drawn in common and uncommon
forms, by curves and by straight lines between few points, with gaps where the pen was
lifted, as dots of a fast mouse, and as a tight scan of 16 × 16 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn import IMAGE_SIDE
from nn.data.dataset import Dataset
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import non_digits
from nn.data.synthetic.forms import FORMS, NON_DIGIT_FORMS
from nn.data.synthetic.glyphs import GLYPHS, Glyph
from nn.data.synthetic.handwriting import POINTS, path_samples, random_pens, write
from nn.data.synthetic.pen import Points, rasterize, scale_and_center
from nn.losses import NO_CLASS

CHUNK = 16  # drawings that share a form and a style
# How often each digit is drawn: more often those whose forms differ most from MNIST's.
DIGIT_SHARES = (0.06, 0.19, 0.08, 0.06, 0.09, 0.08, 0.08, 0.14, 0.1, 0.12)
UNCOMMON_SHARE = 0.6  # of the drawings have a form from FORMS, the others one from GLYPHS
# Of the non-digits; the others are letters, signs and shapes.
SCRIBBLE_SHARE, SPECKLE_SHARE = 0.4, 0.1
SCAN_SIDE = 16  # pixels
MAX_TURN = 0.4  # radians

Rng = np.random.Generator
Style = TypeVar("Style")
Images = NDArray[np.uint8]  # (n, 28, 28), in MNIST's format


def make_digits(count: int, seed: int) -> Dataset:
    """``count`` labeled images, each digit as often as DIGIT_SHARES says. The same seed gives the
    same images."""
    rng = np.random.default_rng(seed)
    images = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    labels = np.empty(count, np.uint8)
    for start in range(0, count, CHUNK):
        chunk = slice(start, min(start + CHUNK, count))
        digit = int(rng.choice(10, p=DIGIT_SHARES))
        uncommon = rng.random() < UNCOMMON_SHARE
        forms = list(FORMS[digit].values()) if uncommon else GLYPHS[digit]
        images[chunk] = _draw(forms[rng.integers(len(forms))], chunk.stop - start, rng)
        labels[chunk] = digit
    return Dataset(images, labels, "synthetic drawings")


def make_turned_ones(count: int, seed: int) -> Dataset:
    """``count`` images of a 1 with a flag, turned clockwise by up to MAX_TURN.

    They come closest to a 7, from which only the angle between their two strokes tells them.
    """
    rng = np.random.default_rng(seed)
    images = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    forms = list(FORMS[1].values())
    for start in range(0, count, CHUNK):
        chunk = slice(start, min(start + CHUNK, count))
        form, turn = forms[rng.integers(len(forms))], rng.uniform(0, MAX_TURN)
        images[chunk] = _draw(form, chunk.stop - start, rng, turn)
    return Dataset(images, np.ones(count, np.uint8), "synthetic turned ones")


def make_non_digits(count: int, seed: int) -> Dataset:
    """``count`` images of letters, signs, shapes, scribbles and speckle, each labeled NO_CLASS."""
    rng = np.random.default_rng(seed)
    large = non_digits.make(round(SCRIBBLE_SHARE * count), int(rng.integers(2**31)))
    large += [_speckle(rng) for _ in range(round(SPECKLE_SHARE * count))]
    found = [one.image for one in map(preprocess, large) if not one.problem]
    images = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    images[: len(found)] = np.reshape(found, (-1, IMAGE_SIDE, IMAGE_SIDE))
    forms = list(NON_DIGIT_FORMS.values())
    for start in range(len(found), count, CHUNK):
        chunk = slice(start, min(start + CHUNK, count))
        images[chunk] = _draw(forms[rng.integers(len(forms))], chunk.stop - start, rng)
    images = images[rng.permutation(count)]
    return Dataset(images, np.full(count, NO_CLASS, np.uint8), "synthetic non-digits")


def _speckle(rng: Rng) -> NDArray[np.uint8]:
    """Random cells, black and white or gray: about (150, 150), dark on white."""
    side = int(rng.integers(5, 40))
    cells = rng.random((side, side)) < rng.uniform(0.1, 0.6)
    levels = rng.random((side, side)) if rng.random() < 0.3 else 1.0
    cell = np.ones((150 // side + 1,) * 2)
    return np.asarray(255 - 255 * np.kron(cells * levels, cell), np.uint8)


def draw_form(glyph: Glyph, count: int, seed: int) -> Images:
    """``count`` drawings of one form, in random styles."""
    rng = np.random.default_rng(seed)
    return np.concatenate([_draw(glyph, 1, rng) for _ in range(count)])


def _draw(glyph: Glyph, count: int, rng: Rng, turn: float = 0.0) -> Images:
    """``count`` drawings of a form in one random style, turned clockwise by ``turn`` radians."""
    points = write(glyph, count, rng)
    if turn:
        cos, sin = np.cos(turn), np.sin(turn)
        points = points @ np.array([[cos, sin], [-sin, cos]], points.dtype)
    if rng.random() < 0.5:
        radius = random_pens(count, rng)
    else:  # a mouse knows no pressure
        radius = np.repeat(rng.uniform(0.85, 1.8, (count, 1)), POINTS, axis=1).astype(np.float32)
    path_style, image_style = _choose(PATH_STYLES, rng), _choose(IMAGE_STYLES, rng)
    points = scale_and_center(points, radius.max(axis=1))
    images = rasterize(path_style(points, path_samples(glyph), rng), radius)
    return image_style(images, rng)


# Styles of a path: points (n, POINTS, 2), of which the first counts[0] belong to the first path, …


def _curves(points: Points, counts: Sequence[int], rng: Rng) -> Points:
    return points


def _straight_lines(points: Points, counts: Sequence[int], rng: Rng) -> Points:
    """Straight lines between a few points of each path, as where positions are reported rarely."""
    distance = int(rng.integers(5, 16))
    drawn, start = [], 0
    for count in counts:
        at = np.unique(np.append(np.arange(0, count, distance), count - 1))
        weights = np.stack(
            [np.interp(np.arange(count), at, row) for row in np.eye(len(at))], axis=1
        )
        drawn.append(weights.astype(np.float32) @ points[:, start + at])
        start += count
    return np.concatenate(drawn, axis=1)


def _dots(points: Points, counts: Sequence[int], rng: Rng) -> Points:
    """Only every so many points, as where a fast mouse leaves dots."""
    distance = int(rng.integers(4, 9))
    return points[:, np.arange(POINTS) // distance * distance]


def _lifted(points: Points, counts: Sequence[int], rng: Rng) -> Points:
    """A gap in each drawing."""
    points = points.copy()
    for drawing in points:
        start = int(rng.integers(5, POINTS - 20))
        drawing[start : start + int(rng.integers(4, 12))] = drawing[start]
    return points


# Styles of an image: (n, 28, 28) → (n, 28, 28).


def _unchanged(images: Images, rng: Rng) -> Images:
    return images


def _scanned(images: Images, rng: Rng) -> Images:
    """Cropped tightly, stretched to a square of SCAN_SIDE, sometimes black and white only."""
    threshold = int(rng.integers(60, 150)) if rng.random() < 0.7 else None
    scans = []
    for image in images:
        rows, columns = (np.flatnonzero((image > 60).any(axis=axis)) for axis in (1, 0))
        tight = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        small = np.asarray(tight.resize((SCAN_SIDE, SCAN_SIDE), Image.Resampling.BILINEAR))
        if threshold is not None:
            small = np.where(small > threshold, np.uint8(255), np.uint8(0))
        found = preprocess(small)
        scans.append(image if found.problem else found.image)
    return np.stack(scans)


PathStyle = Callable[[Points, Sequence[int], Rng], Points]
ImageStyle = Callable[[Images, Rng], Images]
PATH_STYLES: dict[PathStyle, float] = {  # style: share
    _curves: 0.5, _straight_lines: 0.3, _dots: 0.1, _lifted: 0.1,
}  # fmt: skip
IMAGE_STYLES: dict[ImageStyle, float] = {_unchanged: 0.85, _scanned: 0.15}


def _choose(styles: Mapping[Style, float], rng: Rng) -> Style:
    return list(styles)[int(rng.choice(len(styles), p=list(styles.values())))]
