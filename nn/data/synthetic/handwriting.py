"""Synthetic handwriting, so that everything works before MNIST is downloaded.

Each digit has a few glyphs of a few pen paths each. An image is one glyph, randomly bent, jittered,
stretched, slanted and rotated, drawn by a random pen of varying pressure, then scaled and centered
like MNIST's digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn import IMAGE_SIDE
from nn.data.dataset import Dataset, cached
from nn.data.synthetic.glyphs import GLYPHS, Glyph
from nn.data.synthetic.pen import Points, rasterize, scale_and_center, spline

TRAIN_SIZE, TEST_SIZE = 20_000, 4_000
VERSION = 2  # part of the cache key: increase it when the images change
POINTS = 128  # per drawing, at most half a pixel apart
CHUNK = 64  # drawings rasterized at a time: their distance maps fit a cache of 512 kB


def load() -> tuple[Dataset, Dataset]:
    """(training set, test set) of 20,000 and 4,000 images, made once and then cached."""
    return (
        cached(f"strokes-train-v{VERSION}", lambda: make(TRAIN_SIZE, seed=1), "strokes"),
        cached(f"strokes-test-v{VERSION}", lambda: make(TEST_SIZE, seed=2), "strokes"),
    )


def make(count: int, seed: int) -> Dataset:
    """``count`` labeled images, every digit equally often. The same seed gives the same images."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    for digit, glyphs in GLYPHS.items():
        rows = rng.permutation(np.flatnonzero(labels == digit))  # spread glyphs over the dataset
        for glyph, part in zip(glyphs, np.array_split(rows, len(glyphs)), strict=True):
            for start in range(0, len(part), CHUNK):
                chunk = part[start : start + CHUNK]
                radius = random_pens(len(chunk), rng)
                points = write(glyph, len(chunk), rng)
                points = scale_and_center(points, radius.max(axis=1))
                images[chunk] = rasterize(points, radius)
    return Dataset(images, labels, "strokes")


def random_pens(count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(count, POINTS): the pen's radius in pixels along its path, distributed as in MNIST."""
    mean = 1.15 * np.exp(rng.normal(0, 0.26, (count, 1)))
    pressure = rng.normal(0, 0.12, (count, 4)) @ spline(4, POINTS).T
    return np.clip(mean * np.exp(pressure), 0.6, 2.8).astype(np.float32)


def write(glyph: Glyph, count: int, rng: np.random.Generator) -> Points:
    """``count`` random variations of a glyph: (count, POINTS, 2) along its path, any scale."""
    samples = path_samples(glyph)
    # The two path ends at a corner must move together, so equal points share their jitter.
    jitter = {point: rng.normal(0, 0.05, (count, 2)) for path in glyph for point in path}
    bend = rng.normal(0, 0.07, (count, len(KNOTS), 2))
    curves = []
    for path, count_of_path in zip(glyph, samples, strict=True):
        jittered = np.stack([np.asarray(point) + jitter[point] for point in path], axis=1)
        influence = np.exp(-np.square(np.asarray(path)[:, None] - KNOTS).sum(axis=2) / 0.125)
        curves.append(spline(len(path), count_of_path) @ (jittered + influence @ bend))
    points = np.concatenate(curves, axis=1) - 0.5
    angle = rng.normal(0, 0.06, count)  # radians
    slant = rng.normal(0.12, 0.27, count)
    width = np.exp(rng.normal(0, 0.2, count))
    cos, sin = np.cos(angle), np.sin(angle)
    # Stretch, then slant (upper half to the right), then rotate.
    affine = np.array([[cos * width, -cos * slant - sin], [sin * width, -sin * slant + cos]])
    transformed: Points = np.einsum("abn,npb->npa", affine, points).astype(np.float32)
    return transformed


def path_samples(glyph: Glyph) -> list[int]:
    """How many of the POINTS belong to each path: shares of its length."""
    lengths = [float(np.hypot(*np.diff(path, axis=0).T).sum()) for path in glyph]
    samples = np.maximum(2, np.floor(np.divide(lengths, sum(lengths)) * POINTS)).astype(int)
    samples[np.argmax(samples)] += POINTS - samples.sum()
    return [int(count) for count in samples]


# Each knot is bent at random and takes the control points near it along.
KNOTS = np.array([(x, y) for x in (0, 0.35, 0.7) for y in (0, 0.25, 0.5, 0.75, 1)])
