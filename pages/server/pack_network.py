"""The net view's lines, packed for the browser."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nn.analysis.neurons.strongest_weights import MAX_CONNECTIONS, strongest_weights
from nn.layers import Array


def shown(sizes: Sequence[int]) -> list[int]:
    """How many lines between each two layers ``pack`` packs."""
    return [min(MAX_CONNECTIONS, i * o) for i, o in pairwise(sizes)]


def pack(parameters: Array, sizes: Sequence[int]) -> bytes:
    """Layer after layer: starts uint16, ends uint16, weights float32, weakest first."""
    return b"".join(
        lines.source.astype("<u2").tobytes()
        + lines.target.astype("<u2").tobytes()
        + lines.weight.astype("<f4").tobytes()
        for lines in strongest_weights(parameters, sizes)
    )
