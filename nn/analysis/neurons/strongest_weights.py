"""The strongest weights between neighboring layers, for drawing a network as a diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.layers import Array
from nn.network import layer_views

MAX_CONNECTIONS = 400  # drawn between two layers: more would hide each other


class Connections(NamedTuple):
    """Some weights between two layers, weakest first."""

    source: NDArray[np.uint16]  # (n,) node of the earlier layer
    target: NDArray[np.uint16]  # (n,) node of the later layer
    weight: NDArray[np.float32]  # (n,)


def strongest_weights(
    parameters: Array, sizes: Sequence[int], max_count: int = MAX_CONNECTIONS
) -> list[Connections]:
    """For each pair of neighboring layers, the ``max_count`` weights of largest absolute value.

    parameters: flat, as nn.network.Network.parameters.
    """
    connections = []
    for W, _ in layer_views(parameters, sizes):
        flat = W.ravel().astype(np.float32, copy=False)  # float16 is ten times slower
        size = np.abs(flat)
        chosen = np.arange(len(flat))
        if len(flat) > max_count:
            chosen = np.argpartition(size, -max_count)[-max_count:]
        chosen = chosen[np.argsort(size[chosen], kind="stable")]
        target, source = np.divmod(chosen, W.shape[1])
        connections.append(
            Connections(source.astype(np.uint16), target.astype(np.uint16), flat[chosen])
        )
    return connections
