"""Tiles, packed for the browser."""

from __future__ import annotations

from collections.abc import Sequence

from nn.analysis.neurons.weight_tiles import weight_tiles
from nn.layers import Array

MOST = 1000  # neurons: more tiles are too small to see


def shown(sizes: Sequence[int]) -> int:
    """How many of the first layer's neurons ``pack`` packs."""
    return min(sizes[1], MOST)


def pack(parameters: Array, sizes: Sequence[int]) -> bytes:
    """Scales (shown,) float32, then tiles (shown, 784) int8; see weight_tiles."""
    return packed(*weight_tiles(parameters, sizes, slice(shown(sizes))))


def packed(scales: Array, pictures: Array) -> bytes:
    """The same of tiles already made."""
    return scales.astype("<f4").tobytes() + pictures.tobytes()
