"""Exciting: which pictures a neuron answers most and least to, and how to each digit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.predictions.confusion import DIGITS
from nn.layers import Array


def extremes(z: Array, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """z: (n,), one neuron's sums → the ``most`` pictures that excite it most, and those that do
    least, each beginning with the extreme one; of equals the earlier picture.

    Of the sums, not of what it says: a relu says 0 to half the pictures.
    """
    order = np.argsort(z, kind="stable")
    highest = np.argsort(-z, kind="stable")
    return highest[:most], order[:most]


class Histogram(NamedTuple):
    edges: NDArray[np.float64]  # (bins + 1,)
    counts: NDArray[np.int64]  # (10, bins): pictures of each digit; the last bin has its upper edge


def histogram(y: Array, labels: Array, bins: int = 40) -> Histogram:
    """y: (n,), what one neuron says to each picture, n at least 1; labels: (n,)."""
    # float64: neighboring float32 numbers leave room for no edge between them.
    low, high = float(y.min()), float(y.max())
    if low == high:
        high += max(1.0, abs(low))
    edges = np.linspace(low, high, bins + 1)
    place = np.clip(np.searchsorted(edges, y, side="right") - 1, 0, bins - 1)
    pairs = labels.astype(np.intp) * bins + place
    return Histogram(edges, np.bincount(pairs, minlength=DIGITS * bins).reshape(DIGITS, bins))
