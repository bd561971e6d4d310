"""A pen: smooth paths through given points, framed as MNIST frames, drawn with varying pressure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]  # (n, k, 2): n drawings of k points along the pen's way, x and y


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
    """Scale and move drawings (n, k, 2) as MNIST's: longer side 20 px with the pen's width, center
    of mass in the middle of pixel (14, 14); ``radius`` (n,) is the pen's, in pixels."""
    low, high = points.min(axis=1), points.max(axis=1)
    points = points * ((20 - 2 * radius) / (high - low).max(axis=1))[:, None, None]
    steps = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0))  # ink along the way
    steps = np.where(steps < 1, steps, 0)[:, :, None]  # a jump between two paths leaves none
    middles = (points[:, 1:] + points[:, :-1]) / 2
    mass = (middles * steps).sum(axis=1) / steps.sum(axis=1)
    framed: Points = points + (14.5 - mass)[:, None, :]
    return framed


def rasterize(points: Points, radius: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Drawings (n, k, 2) in pixels with pens of ``radius`` (n, k) → (n, 28, 28) uint8.

    A pixel's ink falls from full to none over one pixel around the pen's edge. How far a pixel is
    outside the disc around a point is (d² − r²) / 2r near that edge: no root to take per point.
    """
    centers = np.arange(28, dtype=np.float32) + 0.5
    scale = 0.5 / radius[:, :, None]
    across = np.square(points[:, :, 0, None] - centers) * scale  # (n, k, 28)
    down = np.square(points[:, :, 1, None] - centers) * scale - radius[:, :, None] / 2
    outside = np.full((len(points), 28, 28), np.inf, np.float32)
    here = np.empty_like(outside)
    for k in range(points.shape[1]):
        np.add(down[:, k, :, None], across[:, k, None, :], out=here)
        np.minimum(outside, here, out=outside)
    return np.asarray(np.rint(np.clip(0.5 - outside, 0, 1) * 255), np.uint8)
