"""Cosine similarity of neurons' weights: duplicates, and an order with similar ones adjacent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.errors import UserError
from nn.layers import Array

# From this cosine on, one neuron could, rescaled, replace the other: it explains four fifths (0.9²)
# of the other's weights. The closest pairs in trained networks of the presets stay below 0.5.
DUPLICATE_SIMILARITY = 0.9
MAX_NEURONS = 4000  # compared with each other: 64 MB


def cosine_similarity(maps: Array) -> NDArray[np.float32]:
    """maps: (n, 784), the neurons' weight maps → (n, n): 1 for equal up to scale, 0 for orthogonal,
    −1 for opposite. A neuron whose weights are all 0 is similar only to itself.

    Raises UserError for more than MAX_NEURONS neurons.
    """
    if len(maps) > MAX_NEURONS:
        raise UserError(
            f"Similarity can be computed for at most {MAX_NEURONS:,} neurons; this layer has "
            f"{len(maps):,}. Choose another order."
        )
    norm = np.linalg.norm(maps, axis=1, keepdims=True)
    unit = (maps / np.where(norm > 0, norm, 1)).astype(np.float32)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, 1)
    return similarity


def duplicates(similarity: Array) -> NDArray[np.intp]:
    """similarity: (n, n), as ``cosine_similarity`` → (n,): the first neuron that each one
    duplicates; its own number if it duplicates none before it."""
    first: NDArray[np.intp] = (similarity >= DUPLICATE_SIMILARITY).argmax(axis=1)
    return first


def similarity_order(similarity: Array) -> NDArray[np.intp]:
    """similarity: (n, n), as ``cosine_similarity`` → (n,) neuron numbers.

    A greedy chain: begins with the neuron that is least similar to all others; each next one is the
    remaining neuron most similar to the one before it.
    """
    penalty = np.zeros(len(similarity), similarity.dtype)  # −inf for neurons already in the chain
    order = np.empty(len(similarity), np.intp)
    current = int(similarity.sum(axis=0).argmin())
    for position in range(len(order)):
        order[position] = current
        penalty[current] = -np.inf
        current = int((similarity[current] + penalty).argmax())
    return order
