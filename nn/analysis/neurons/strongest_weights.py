"""Lines: the strongest weights between neighboring layers, for drawing a network as a net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.layers import Array
from nn.network import views

MOST = 400  # lines drawn between two layers: more hide each other


class Lines(NamedTuple):
    """Some weights between two layers, weakest first."""

    start: NDArray[np.uint16]  # (n,) node of the layer before
    end: NDArray[np.uint16]  # (n,) node of the layer after
    weight: NDArray[np.float32]  # (n,)


def strongest(parameters: Array, sizes: Sequence[int], most: int) -> list[Lines]:
    """For each pair of neighboring layers the ``most`` weights of largest absolute value.

    parameters: flat, as nn.network.Network.parameters.
    """
    found = []
    for W, _ in views(parameters, sizes):
        flat = W.ravel().astype(np.float32, copy=False)  # float16 is ten times slower
        size = np.abs(flat)
        chosen = np.arange(len(flat))
        if len(flat) > most:
            chosen = np.argpartition(size, -most)[-most:]
        chosen = chosen[np.argsort(size[chosen], kind="stable")]
        start, end = np.divmod(chosen, W.shape[1])
        found.append(Lines(start.astype(np.uint16), end.astype(np.uint16), flat[chosen]))
    return found
