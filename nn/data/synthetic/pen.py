"""A pen: smooth paths, scaled and centered like MNIST's digits, drawn with varying pressure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn import IMAGE_SIDE

Points = NDArray[np.float32]  # (n, k, 2): n drawings of k points along the pen's path, x and y


def spline(controls: int, samples: int) -> NDArray[np.float64]:
    """Matrix (samples, controls) from control points to points on a smooth curve through them.

    Catmull–Rom (1974) with doubled end points. The curve is linear in its control points.
    """
    t = np.linspace(0, controls - 1, samples)
    start = np.minimum(t.astype(int), controls - 2)
    u = t - start
    blending = 0.5 * np.stack(
        [-(u**3) + 2 * u**2 - u, 3 * u**3 - 5 * u**2 + 2, -3 * u**3 + 4 * u**2 + u, u**3 - u**2]
    )
    matrix = np.zeros((samples, controls))
    for offset, share in zip((-1, 0, 1, 2), blending, strict=True):
        np.add.at(matrix, (np.arange(samples), np.clip(start + offset, 0, controls - 1)), share)
    return matrix


def scale_and_center(points: Points, radius: NDArray[np.float32]) -> Points:
    """Scale and move drawings (n, k, 2) like MNIST's digits.

    The longer side, including the width of the pen, becomes 20 pixels, and the center of mass lies
    in the middle of pixel (14, 14). ``radius`` (n,) is the pen's radius in pixels.
    """
    low, high = points.min(axis=1), points.max(axis=1)
    points = points * ((20 - 2 * radius) / (high - low).max(axis=1))[:, None, None]
    mass = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0))  # of each step along the path
    mass = np.where(mass < 1, mass, 0)[:, :, None]  # a jump between two paths draws nothing
    middles = (points[:, 1:] + points[:, :-1]) / 2
    center = (middles * mass).sum(axis=1) / mass.sum(axis=1)
    centered: Points = points + (IMAGE_SIDE / 2 + 0.5 - center)[:, None, :]
    return centered


def rasterize(points: Points, radius: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Drawings (n, k, 2) in pixels and pen radii (n, k) → (n, 28, 28) uint8.

    A pixel fades from 1 to 0 over one pixel around the pen's edge. Near that edge, (d² − r²) / 2r
    is how far a pixel lies outside the disc around a point, which avoids a square root per point.
    """
    centers = np.arange(IMAGE_SIDE, dtype=np.float32) + 0.5
    scale = 0.5 / radius[:, :, None]
    across = np.square(points[:, :, 0, None] - centers) * scale  # (n, k, 28)
    down = np.square(points[:, :, 1, None] - centers) * scale - radius[:, :, None] / 2
    distance = np.full((len(points), IMAGE_SIDE, IMAGE_SIDE), np.inf, np.float32)
    to_point = np.empty_like(distance)
    for k in range(points.shape[1]):
        np.add(down[:, k, :, None], across[:, k, None, :], out=to_point)
        np.minimum(distance, to_point, out=distance)
    return np.asarray(np.rint(np.clip(0.5 - distance, 0, 1) * 255), np.uint8)
