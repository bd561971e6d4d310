"""Strokes: synthetic handwriting, so that everything works before MNIST is there.

Each digit has a few forms, each form a few pen paths. A picture is a form written by a random hand
(bent, jittered, stretched, slanted, turned) with a random pen whose pressure varies, framed as
MNIST frames its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.data.dataset import Dataset, cached
from nn.data.synthetic.glyphs import GLYPHS, Form
from nn.data.synthetic.pen import Points, frame, rasterize, spline

TRAIN, TEST = 20_000, 4_000
VERSION = 2  # raise when the pictures change: it names the cache
POINTS = 128  # a drawing is sampled at this many points, at most half a pixel apart
CHUNK = 64  # drawings rasterized at a time: their distance maps fit a 512 kB cache


def load() -> tuple[Dataset, Dataset]:
    """(training set, test set): 20,000 and 4,000 drawings, made once and then cached."""
    return (
        cached(f"strokes-train-v{VERSION}", lambda: make(TRAIN, seed=1), "strokes"),
        cached(f"strokes-test-v{VERSION}", lambda: make(TEST, seed=2), "strokes"),
    )


def make(count: int, seed: int) -> Dataset:
    """``count`` labeled pictures, every digit equally often, the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = np.empty((count, 28, 28), np.uint8)
    for digit, forms in GLYPHS.items():
        rows = rng.permutation(np.flatnonzero(labels == digit))  # forms spread over the whole set
        for form, part in zip(forms, np.array_split(rows, len(forms)), strict=True):
            for start in range(0, len(part), CHUNK):
                chosen = part[start : start + CHUNK]
                radius = pens(len(chosen), rng)
                points = frame(write(form, len(chosen), rng), radius.max(axis=1))
                images[chosen] = rasterize(points, radius)
    return Dataset(images, labels, "strokes")


def pens(count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Radii (count, POINTS) in pixels along the pen's way: MNIST's widths, pressed more or less."""
    middle = 1.15 * np.exp(rng.normal(0, 0.26, (count, 1)))
    pressure = rng.normal(0, 0.12, (count, 4)) @ spline(4, POINTS).T
    return np.clip(middle * np.exp(pressure), 0.6, 2.8).astype(np.float32)


def write(form: Form, count: int, rng: np.random.Generator) -> Points:
    """``count`` hands writing ``form``: (count, POINTS, 2) along the pen's way, any scale."""
    lengths = [float(np.hypot(*np.diff(path, axis=0).T).sum()) for path in form]
    shares = np.maximum(2, np.floor(np.divide(lengths, sum(lengths)) * POINTS)).astype(int)
    shares[np.argmax(shares)] += POINTS - shares.sum()
    # A corner's two ends must move together: jitter is drawn per place, not per control point.
    places = {place: rng.normal(0, 0.05, (count, 2)) for path in form for place in path}
    bend = rng.normal(0, 0.07, (count, len(KNOTS), 2))
    curves = []
    for path, samples in zip(form, shares, strict=True):
        moved = np.stack([np.asarray(place) + places[place] for place in path], axis=1)
        near = np.exp(-np.square(np.asarray(path)[:, None] - KNOTS).sum(axis=2) / 0.125)
        curves.append(spline(len(path), samples) @ (moved + near @ bend))
    points = np.concatenate(curves, axis=1) - 0.5
    turn = rng.normal(0, 0.06, count)  # radians
    slant = rng.normal(0.12, 0.27, count)
    width = np.exp(rng.normal(0, 0.2, count))
    cos, sin = np.cos(turn), np.sin(turn)
    # stretch, then slant (upper half to the right), then turn
    affine = np.array([[cos * width, -cos * slant - sin], [sin * width, -sin * slant + cos]])
    written: Points = np.einsum("abn,npb->npa", affine, points).astype(np.float32)
    return written


KNOTS = np.array([(x, y) for x in (0, 0.35, 0.7) for y in (0, 0.25, 0.5, 0.75, 1)])
