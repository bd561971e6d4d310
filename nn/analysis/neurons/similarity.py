"""Likeness: which neurons' weights are nearly the same, and an order with those side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.errors import UserError
from nn.layers import Array

# Cosine from which one neuron, rescaled, could stand for the other: four fifths (0.9²) of what its
# weights hold is the other's. Nearest pairs of the presets' trained networks stay below 0.5.
DUPLICATE = 0.9
MOST = 4000  # neurons compared, each with each: 64 MB


def cosines(pictures: Array) -> NDArray[np.float32]:
    """pictures: (n, 784), the neurons' weights → (n, n): 1 the same but for their strength, 0
    nothing in common, −1 opposite. A neuron without weights is like itself alone.

    Raises UserError for more than MOST neurons.
    """
    if len(pictures) > MOST:
        raise UserError(
            f"Neurons are compared with each other in layers of at most {MOST:,}; this one has "
            f"{len(pictures):,}. Choose another order."
        )
    length = np.linalg.norm(pictures, axis=1, keepdims=True)
    unit = (pictures / np.where(length > 0, length, 1)).astype(np.float32)
    found = unit @ unit.T
    np.fill_diagonal(found, 1)
    return found


def originals(likeness: Array) -> NDArray[np.intp]:
    """likeness: (n, n), as ``cosines`` → (n,): the first neuron of which each is a duplicate; its
    own number when it is none."""
    found: NDArray[np.intp] = (likeness >= DUPLICATE).argmax(axis=1)
    return found


def chain(likeness: Array) -> NDArray[np.intp]:
    """likeness: (n, n), as ``cosines`` → an order of the neurons: it begins with the one least like
    all others, and each is followed by the one most like it of those that are left."""
    left = np.zeros(len(likeness), likeness.dtype)  # −inf: taken already
    order = np.empty(len(likeness), np.intp)
    here = int(likeness.sum(axis=0).argmin())
    for place in range(len(order)):
        order[place] = here
        left[here] = -np.inf
        here = int((likeness[here] + left).argmax())
    return order
