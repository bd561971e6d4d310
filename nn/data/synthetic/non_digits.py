"""Scribbles that are not digits, to calibrate what the pretrained model should reject."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nn.data.synthetic.pen import spline

SIDE = 200  # pixels
Rng = np.random.Generator
Paths = list[NDArray[np.float64]]  # each (points, 2), x and y, any scale


def make(count: int, seed: int, kind: str = "") -> list[NDArray[np.uint8]]:
    """``count`` images (200, 200), dark on white, by random pens: of one of KINDS, or of all."""
    rng = np.random.default_rng(seed)
    kinds = [KINDS[kind]] if kind else list(KINDS.values())
    return [_draw(kinds[k % len(kinds)](rng), rng) for k in range(count)]


def _draw(paths: Paths, rng: Rng) -> NDArray[np.uint8]:
    angle = rng.uniform(0, 2 * np.pi)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    paths = [path @ rotation for path in paths]
    low, high = (bound(np.concatenate(paths), axis=0) for bound in (np.min, np.max))
    scale = 0.8 * SIDE / max(high - low)
    radius = SIDE * np.exp(rng.uniform(np.log(1 / 60), np.log(1 / 14)))
    image = Image.new("L", (2 * SIDE, 2 * SIDE), 255)
    for path in paths:
        points = 2 * ((path - low) * scale + 0.1 * SIDE)
        ImageDraw.Draw(image).line(points.ravel().tolist(), 0, round(2 * radius), joint="curve")
    return np.asarray(image.reduce(2))


def _curve(controls: NDArray[np.float64], points: int = 200) -> NDArray[np.float64]:
    return spline(len(controls), points) @ controls


def _circle(turns: float, points: int = 300) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions along the path, from 0 to 1, and points on a circle traced ``turns`` times."""
    along = np.linspace(0, 1, points)
    angle = 2 * np.pi * turns * along
    return along, np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _wander(rng: Rng) -> Paths:
    return [_curve(rng.uniform(0, 1, (rng.integers(7, 20), 2)))]


def _zigzag(rng: Rng) -> Paths:
    count = rng.integers(6, 16)
    across = np.arange(count) % 2 + rng.normal(0, 0.12, count)
    return [np.stack([across, np.linspace(0, rng.uniform(0.5, 1.5), count)], axis=1)]


def _coil(rng: Rng) -> Paths:
    turns = int(rng.integers(3, 8))
    along, circle = _circle(turns)
    return [circle + along[:, None] * [turns * rng.uniform(0.2, 1), 0]]


def _spiral(rng: Rng) -> Paths:
    along, circle = _circle(rng.uniform(2.3, 5))
    return [circle * along[:, None] * [1, rng.uniform(0.6, 1)]]


def _ball(rng: Rng) -> Paths:
    _, circle = _circle(int(rng.integers(4, 10)))
    return [circle * _curve(rng.uniform(0.3, 1, (24, 2)), len(circle))]


def _lines(rng: Rng) -> Paths:
    return list(rng.uniform(0, 1, (rng.integers(5, 12), 2, 2)))


def _walk(rng: Rng) -> Paths:
    return [rng.normal(0, 1, (rng.integers(15, 60), 2)).cumsum(axis=0)]


def _bits(rng: Rng) -> Paths:
    return [
        _curve(rng.uniform(0, 1, 2) + rng.normal(0, 0.13, (4, 2)))
        for _ in range(rng.integers(4, 10))
    ]


def _grid(rng: Rng) -> Paths:
    count = rng.integers(4, 8)
    at, zero = np.linspace(0, 1, count), np.zeros(count)
    bars = np.stack([at, zero, at, zero + 1], axis=1).reshape(-1, 2, 2)
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
