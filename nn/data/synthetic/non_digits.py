"""Scribbles: what people draw that is no digit, to learn what a pretrained should refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nn.data.synthetic.pen import spline

SIDE = 200  # pixels
Rng = np.random.Generator
Paths = list[NDArray[np.float64]]  # each (points, 2), x and y, any scale


def make(count: int, seed: int) -> list[NDArray[np.uint8]]:
    """``count`` pictures (200, 200), dark on white, all kinds equally often, by a random pen."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS.values())
    return [_drawn(kinds[k % len(kinds)](rng), rng) for k in range(count)]


def _drawn(paths: Paths, rng: Rng) -> NDArray[np.uint8]:
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    paths = [path @ turn for path in paths]
    low, high = (end(np.concatenate(paths), axis=0) for end in (np.min, np.max))
    scale = 0.8 * SIDE / max(high - low)
    pen = SIDE * np.exp(rng.uniform(np.log(1 / 60), np.log(1 / 14)))
    sheet = Image.new("L", (2 * SIDE, 2 * SIDE), 255)
    for path in paths:
        points = 2 * ((path - low) * scale + 0.1 * SIDE)
        ImageDraw.Draw(sheet).line(points.ravel().tolist(), 0, round(2 * pen), joint="curve")
    return np.asarray(sheet.reduce(2))


def _smooth(places: NDArray[np.float64], points: int = 200) -> NDArray[np.float64]:
    return spline(len(places), points) @ places


def _round(turns: float, points: int = 300) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far along, 0 to 1, and places on a circle passed ``turns`` times."""
    along = np.linspace(0, 1, points)
    angle = 2 * np.pi * turns * along
    return along, np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _wander(rng: Rng) -> Paths:
    return [_smooth(rng.uniform(0, 1, (rng.integers(7, 20), 2)))]


def _zigzag(rng: Rng) -> Paths:
    count = rng.integers(6, 16)
    across = np.arange(count) % 2 + rng.normal(0, 0.12, count)
    return [np.stack([across, np.linspace(0, rng.uniform(0.5, 1.5), count)], axis=1)]


def _coil(rng: Rng) -> Paths:
    turns = int(rng.integers(3, 8))
    along, circle = _round(turns)
    return [circle + along[:, None] * [turns * rng.uniform(0.2, 1), 0]]


def _spiral(rng: Rng) -> Paths:
    along, circle = _round(rng.uniform(2.3, 5))
    return [circle * along[:, None] * [1, rng.uniform(0.6, 1)]]


def _ball(rng: Rng) -> Paths:
    _, circle = _round(int(rng.integers(4, 10)))
    return [circle * _smooth(rng.uniform(0.3, 1, (24, 2)), len(circle))]


def _lines(rng: Rng) -> Paths:
    return list(rng.uniform(0, 1, (rng.integers(5, 12), 2, 2)))


def _walk(rng: Rng) -> Paths:
    return [rng.normal(0, 1, (rng.integers(15, 60), 2)).cumsum(axis=0)]


def _bits(rng: Rng) -> Paths:
    return [
        _smooth(rng.uniform(0, 1, 2) + rng.normal(0, 0.13, (4, 2)))
        for _ in range(rng.integers(4, 10))
    ]


def _grid(rng: Rng) -> Paths:
    count = rng.integers(4, 8)
    at, none = np.linspace(0, 1, count), np.zeros(count)
    bars = np.stack([at, none, at, none + 1], axis=1).reshape(-1, 2, 2)
    return list(np.concatenate([bars, bars[..., ::-1]]) + rng.normal(0, 0.02, (2 * count, 2, 2)))


KINDS: dict[str, Callable[[Rng], Paths]] = {
    "wander": _wander,
    "zigzag": _zigzag,
    "coil": _coil,
    "spiral": _spiral,
    "ball": _ball,
    "lines": _lines,
    "walk": _walk,
    "bits": _bits,
    "grid": _grid,
}
