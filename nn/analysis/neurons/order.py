"""The orders in which the weight wall can show the neurons of a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.similarity import cosine_similarity, similarity_order
from nn.analysis.neurons.statistics import NeuronStatistics
from nn.layers import Array

# (statistics, weight maps (n, 784)) → (n,) neuron numbers
Order = Callable[[NeuronStatistics, Array], NDArray[np.intp]]


def by_index(statistics: NeuronStatistics, maps: Array) -> NDArray[np.intp]:
    return np.arange(len(maps))


def by_weight_norm(statistics: NeuronStatistics, maps: Array) -> NDArray[np.intp]:
    """Largest first."""
    return np.argsort(-statistics.weight_norm, kind="stable")


def by_activation_rate(statistics: NeuronStatistics, maps: Array) -> NDArray[np.intp]:
    """Highest first."""
    return np.argsort(-statistics.activation_rate, kind="stable")


def by_preferred_digit(statistics: NeuronStatistics, maps: Array) -> NDArray[np.intp]:
    """Within a digit, the most selective neuron first."""
    return np.lexsort((-statistics.selectivity, statistics.preferred_class))


def by_similarity(statistics: NeuronStatistics, maps: Array) -> NDArray[np.intp]:
    """Similar neurons next to each other. Raises UserError for a layer that is too wide."""
    return similarity_order(cosine_similarity(maps))


ORDERS: dict[str, Order] = {
    "index": by_index,
    "weight_norm": by_weight_norm,
    "activation_rate": by_activation_rate,
    "preferred_digit": by_preferred_digit,
    "similarity": by_similarity,
}
