"""Spatial autocorrelation: whether a weight map shows strokes or noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn import IMAGE_SIDE, PIXELS
from nn.layers import Array


def spatial_autocorrelation(maps: Array) -> NDArray[np.float32]:
    """maps: (n, 784) → (n,): how similar each weight is to its neighbors right and below: about 0
    for noise, close to 1 for smooth strokes, below 0 for a checkerboard; 0 for a constant map.

    Moran's I at distance 1 (Biometrika 37, 1950).
    """
    w = maps.reshape(-1, IMAGE_SIDE, IMAGE_SIDE).astype(np.float32)
    w -= w.mean(axis=(1, 2), keepdims=True)
    horizontal = np.einsum("nyx,nyx->n", w[:, :, 1:], w[:, :, :-1])
    vertical = np.einsum("nyx,nyx->n", w[:, 1:], w[:, :-1])
    variance = np.einsum("nyx,nyx->n", w, w) / PIXELS
    pairs = 2 * IMAGE_SIDE * (IMAGE_SIDE - 1)
    correlation = np.zeros(len(w), np.float32)
    np.divide((horizontal + vertical) / pairs, variance, out=correlation, where=variance > 0)
    return correlation
