"""The images that activate a neuron most and least, and its activations per digit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.predictions.confusion import DIGITS
from nn.layers import Array


def top_activating(z: Array, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """z: (n,), the pre-activations of one neuron → the numbers of the ``count`` images with the
    highest and with the lowest value, each beginning with the extreme one; ties in the given order.

    Ranks pre-activations rather than activations, because a relu is 0 for half of the images.
    """
    highest = np.argsort(-z, kind="stable")
    lowest = np.argsort(z, kind="stable")
    return highest[:count], lowest[:count]


class Histogram(NamedTuple):
    edges: NDArray[np.float64]  # (bins + 1,)
    counts: NDArray[np.int64]  # (10, bins): images of each digit; the last bin has its upper edge


def activation_histogram(y: Array, labels: Array, bins: int = 40) -> Histogram:
    """y: (n,), the activations of one neuron, n at least 1; labels: (n,)."""
    # float64: between neighboring float32 numbers there is no room for an edge.
    low, high = float(y.min()), float(y.max())
    if low == high:
        high += max(1.0, abs(low))
    edges = np.linspace(low, high, bins + 1)
    position = np.clip(np.searchsorted(edges, y, side="right") - 1, 0, bins - 1)
    pairs = labels.astype(np.intp) * bins + position
    return Histogram(edges, np.bincount(pairs, minlength=DIGITS * bins).reshape(DIGITS, bins))
