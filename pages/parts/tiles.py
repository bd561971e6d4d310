"""Tiles: a layer's weights as small pictures, packed for the browser."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.network import views

MOST = 1000  # neurons: more tiles are too small to see


def shown(sizes: Sequence[int]) -> int:
    """How many of the first layer's neurons ``pack`` packs."""
    return min(sizes[1], MOST)


def pack(parameters: NDArray[np.floating], sizes: Sequence[int]) -> bytes:
    """First-layer weights → scales (shown,) float32, then tiles (shown, 784) int8.

    A weight is tile / 127 × its neuron's scale, the largest absolute weight of that neuron.
    """
    W, _ = next(views(parameters, sizes))  # (784, neurons)
    tiles = W.T[: shown(sizes)].astype(np.float32, order="C")  # (shown, 784)
    scales = np.abs(tiles).max(axis=1)
    tiles *= (127 / np.where(scales > 0, scales, 1))[:, None]
    return scales.astype("<f4").tobytes() + np.rint(tiles).astype(np.int8).tobytes()
