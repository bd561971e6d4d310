"""Weight tiles: weight maps quantized to int8, the form in which they are sent and drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.layers import Array
from nn.network import layer_views


def weight_tiles(
    parameters: Array, sizes: Sequence[int], neurons: slice = slice(None)
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """The first layer's weights → scales (neurons,), tiles (neurons, 784): a weight is
    tile / 127 × scale, where a neuron's scale is its largest absolute weight.

    parameters: flat, as nn.network.Network.parameters.
    """
    W, _ = next(layer_views(parameters, sizes))  # (neurons, 784)
    return quantize(W[neurons].astype(np.float32, order="C"))


def quantize(maps: Array) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """maps: (n, 784), weight maps of any layer, their changes or gradients → as ``weight_tiles``.
    Values that are not finite, as after divergence, become 0."""
    scales = np.abs(maps).max(axis=1)
    if not np.isfinite(scales).all():
        return quantize(np.nan_to_num(maps, posinf=0, neginf=0))
    shades = maps * (127 / np.where(scales > 0, scales, 1))[:, None]
    return scales, np.rint(shades).astype(np.int8)
