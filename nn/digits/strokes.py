"""Strokes: synthetic handwriting, so that everything works before MNIST is there.

Each digit has a few forms, each form a few pen paths given by control points. A picture is a form
whose points are jittered, slanted, turned and stretched at random, smoothed to a curve, scaled
into MNIST's frame and drawn with a round pen of random width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.digits.dataset import Dataset, cached

Points = NDArray[np.float32]

TRAIN, TEST = 20_000, 4_000
VERSION = 1  # raise when the pictures change: it names the cache
POINTS = 128  # a drawing is sampled at this many points, at most half a pixel apart
CHUNK = 64  # drawings rasterised at a time: their distance maps fit a 512 kB cache

# Control points in a unit square, x to the right, y down. A curve runs smoothly through a path's
# points; a corner is where one path ends and the next begins.
FORMS: dict[int, list[list[list[tuple[float, float]]]]] = {
    0: [
        [[(.55, 0), (.2, .13), (.05, .5), (.2, .88), (.5, 1), (.82, .86), (.95, .5), (.8, .12),
          (.5, 0)]],
        [[(.75, .1), (.4, .02), (.1, .35), (.1, .7), (.4, 1), (.8, .8), (.92, .4), (.7, .05),
          (.5, .06)]],
    ],
    1: [
        [[(.5, 0), (.5, .5), (.5, 1)]],
        [[(.38, .2), (.5, 0)], [(.5, 0), (.5, .5), (.5, 1)]],
        [[(.36, .2), (.5, 0)], [(.5, 0), (.5, .5), (.5, 1)], [(.3, 1), (.7, 1)]],
    ],
    2: [
        [[(.1, .25), (.25, .05), (.55, 0), (.85, .15), (.84, .38), (.55, .7), (.1, 1)],
         [(.1, 1), (.5, .97), (.98, .95)]],
        [[(.1, .22), (.3, .03), (.6, 0), (.85, .18), (.75, .5), (.45, .85), (.2, .98), (.06, .88),
          (.2, .77), (.45, .87), (.7, .97), (1, .88)]],
    ],
    3: [
        [[(.1, .12), (.4, 0), (.8, .1), (.8, .33), (.35, .47)],
         [(.35, .47), (.85, .56), (.92, .8), (.6, 1), (.25, .98), (.05, .86)]],
        [[(.1, .03), (.5, .01), (.85, 0)], [(.85, 0), (.42, .4)],
         [(.42, .4), (.85, .5), (.9, .83), (.5, 1), (.08, .9)]],
        [[(.15, .1), (.45, 0), (.75, .12), (.65, .36), (.4, .46), (.7, .54), (.8, .75), (.5, .97),
          (.1, .97)]],
    ],
    4: [
        [[(.2, 0), (.13, .3), (.1, .56)], [(.1, .56), (.5, .57), (.95, .52)],
         [(.78, .05), (.74, .5), (.7, 1)]],
        [[(.65, 0), (.35, .32), (.05, .65)], [(.05, .65), (.5, .64), (.95, .62)],
         [(.65, 0), (.65, .5), (.65, 1)]],
        [[(.15, .05), (.1, .35), (.25, .52), (.55, .48), (.85, .25)],
         [(.85, 0), (.82, .5), (.78, 1)]],
    ],
    5: [
        [[(.88, .02), (.55, .02), (.25, .04)], [(.25, .04), (.18, .42)],
         [(.18, .42), (.5, .36), (.88, .53), (.84, .83), (.5, 1), (.08, .92)]],
        [[(.88, .02), (.5, .04), (.28, .16), (.3, .38), (.6, .48), (.85, .66), (.7, .92), (.35, 1),
          (.08, .9)]],
        [[(.3, .05), (.25, .45)], [(.25, .45), (.55, .36), (.75, .58), (.65, .88), (.35, 1),
          (.05, .93)], [(.3, .05), (.65, .04), (1, 0)]],
    ],
    6: [
        [[(.7, 0), (.35, .2), (.12, .55), (.15, .85), (.45, 1), (.8, .9), (.85, .68), (.6, .54),
          (.3, .62), (.15, .8)]],
        [[(.4, 0), (.2, .3), (.1, .65), (.2, .92), (.5, 1), (.82, .88), (.8, .66), (.5, .58),
          (.2, .75)]],
    ],
    7: [
        [[(.05, .08), (.4, .03), (.92, .02)], [(.92, .02), (.65, .4), (.42, 1)]],
        [[(.05, .08), (.4, .03), (.92, .02)], [(.92, .02), (.65, .4), (.42, 1)],
         [(.3, .5), (.85, .47)]],
        [[(.05, .25), (.08, .05)], [(.08, .05), (.5, .06), (.92, .02)],
         [(.92, .02), (.7, .4), (.6, 1)]],
    ],
    8: [
        [[(.8, .12), (.5, 0), (.2, .12), (.25, .34), (.55, .5), (.85, .7), (.8, .92), (.5, 1),
          (.15, .9), (.2, .68), (.5, .48), (.8, .3), (.8, .1)]],
        [[(.5, .46), (.2, .3), (.25, .08), (.55, 0), (.8, .15), (.75, .35), (.5, .46)],
         [(.5, .46), (.15, .65), (.15, .88), (.5, 1), (.85, .88), (.85, .63), (.5, .46)]],
        [[(.9, .08), (.55, .02), (.28, .12), (.3, .3), (.55, .5), (.68, .75), (.55, .97),
          (.32, .95), (.28, .75), (.55, .48), (.85, .25), (.92, .05)]],
        [[(.75, .02), (.4, .05), (.25, .2), (.45, .45), (.65, .7), (.55, .95), (.3, .98),
          (.22, .8), (.45, .52), (.78, .25), (.7, .03)]],
    ],
    9: [
        [[(.85, .2), (.55, 0), (.2, .12), (.15, .38), (.45, .5), (.78, .36), (.87, .12)],
         [(.87, .12), (.85, .5), (.75, 1)]],
        [[(.87, .18), (.5, 0), (.15, .2), (.25, .46), (.6, .44), (.87, .15)],
         [(.87, .15), (.88, .6), (.65, .95), (.2, .94)]],
        [[(.8, .25), (.55, .02), (.2, .18), (.25, .45), (.6, .42), (.8, .2)],
         [(.8, .2), (.6, .55), (.4, 1)]],
    ],
}  # fmt: skip


def load() -> tuple[Dataset, Dataset]:
    """(training set, test set): 20,000 and 4,000 drawings, made once and then cached."""
    return (
        cached(f"strokes-train-v{VERSION}", lambda: make(TRAIN, seed=1), "strokes"),
        cached(f"strokes-test-v{VERSION}", lambda: make(TEST, seed=2), "strokes"),
    )


def make(count: int, seed: int) -> Dataset:
    """``count`` labelled pictures, every digit equally often, the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = np.empty((count, 28, 28), np.uint8)
    for digit, forms in FORMS.items():
        rows = rng.permutation(np.flatnonzero(labels == digit))  # forms spread over the whole set
        for form, part in zip(forms, np.array_split(rows, len(forms)), strict=True):
            for start in range(0, len(part), CHUNK):
                chosen = part[start : start + CHUNK]
                radius = rng.uniform(0.7, 1.9, len(chosen)).astype(np.float32)
                images[chosen] = rasterise(frame(write(form, len(chosen), rng), radius), radius)
    return Dataset(images, labels, "strokes")


def write(
    form: Sequence[Sequence[tuple[float, float]]], count: int, rng: np.random.Generator
) -> Points:
    """``count`` hands writing ``form``: (count, POINTS, 2) along the pen's way, any scale."""
    lengths = [float(np.hypot(*np.diff(path, axis=0).T).sum()) for path in form]
    shares = np.maximum(2, np.floor(np.divide(lengths, sum(lengths)) * POINTS)).astype(int)
    shares[np.argmax(shares)] += POINTS - shares.sum()
    # A corner's two ends must move together: jitter is drawn per place, not per control point.
    places = {place: rng.normal(0, 0.07, (count, 2)) for path in form for place in path}
    curves = [
        spline(len(path), samples)
        @ np.stack([np.asarray(place) + places[place] for place in path], axis=1)
        for path, samples in zip(form, shares, strict=True)
    ]
    points = np.concatenate(curves, axis=1) - 0.5
    turn = rng.normal(0, 0.1, count)  # radians
    slant = rng.normal(0.2, 0.25, count)
    width = 0.8 * np.exp(rng.normal(0, 0.3, count))
    cos, sin = np.cos(turn), np.sin(turn)
    # stretch, then slant (upper half to the right), then turn
    affine = np.array([[cos * width, -cos * slant - sin], [sin * width, -sin * slant + cos]])
    written: Points = np.einsum("abn,npb->npa", affine, points).astype(np.float32)
    return written


def spline(controls: int, samples: int) -> NDArray[np.float64]:
    """Matrix (samples, controls) from control points to points on a smooth curve through them.

    Catmull–Rom (1974), ends doubled: a curve is linear in its control points.
    """
    t = np.linspace(0, controls - 1, samples)
    start = np.minimum(t.astype(int), controls - 2)
    u = t - start
    weights = 0.5 * np.stack(
        [-(u**3) + 2 * u**2 - u, 3 * u**3 - 5 * u**2 + 2, -3 * u**3 + 4 * u**2 + u, u**3 - u**2]
    )
    matrix = np.zeros((samples, controls))
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        np.add.at(matrix, (np.arange(samples), np.clip(start + offset, 0, controls - 1)), weight)
    return matrix


def frame(points: Points, radius: NDArray[np.float32]) -> Points:
    """Scale and move drawings (n, POINTS, 2) as MNIST's: longer side 20 px with the pen's width,
    centre of mass in the middle of pixel (14, 14); ``radius`` is the pen's, in pixels."""
    low, high = points.min(axis=1), points.max(axis=1)
    points = points * ((20 - 2 * radius) / (high - low).max(axis=1))[:, None, None]
    steps = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0))  # ink along the way
    steps = np.where(steps < 1, steps, 0)[:, :, None]  # a jump between two paths leaves none
    middles = (points[:, 1:] + points[:, :-1]) / 2
    mass = (middles * steps).sum(axis=1) / steps.sum(axis=1)
    framed: Points = points + (14.5 - mass)[:, None, :]
    return framed


def rasterise(points: Points, radius: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Drawings (n, POINTS, 2) in pixels, drawn with round pens → (n, 28, 28) uint8.

    A pixel's ink falls from full to none over one pixel around the pen's edge, measured from its
    centre to the nearest point of the path.
    """
    centres = np.arange(28, dtype=np.float32) + 0.5
    dx2 = np.square(points[:, :, 0, None] - centres)  # (n, POINTS, 28)
    dy2 = np.square(points[:, :, 1, None] - centres)
    nearest = np.full((len(points), 28, 28), np.inf, np.float32)
    here = np.empty_like(nearest)
    for k in range(points.shape[1]):
        np.add(dy2[:, k, :, None], dx2[:, k, None, :], out=here)
        np.minimum(nearest, here, out=nearest)
    ink = np.clip(radius[:, None, None] + 0.5 - np.sqrt(nearest), 0, 1)
    return np.asarray(np.rint(ink * 255), np.uint8)
