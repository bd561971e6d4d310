"""Tiles: a neuron's weights as a picture of 28 × 28."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.layers import Array
from nn.network import views


def tiles(
    parameters: Array, sizes: Sequence[int], neurons: slice = slice(None)
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """→ scales (neurons,), tiles (neurons, 784): a weight is tile / 127 × its neuron's scale, the
    largest absolute weight of that neuron.

    parameters: flat, as nn.network.Network.parameters.
    """
    W, _ = next(views(parameters, sizes))  # (784, neurons)
    return quantized(W.T[neurons].astype(np.float32, order="C"))


def quantized(pictures: Array) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """pictures: (n, 784), weights of any layer, changes, gradients → as ``tiles``; what is not
    finite, after a run has diverged, is 0."""
    scales = np.abs(pictures).max(axis=1)
    if not np.isfinite(scales).all():
        return quantized(np.nan_to_num(pictures, posinf=0, neginf=0))
    shades = pictures * (127 / np.where(scales > 0, scales, 1))[:, None]
    return scales, np.rint(shades).astype(np.int8)
