"""Each order holds every neuron once, sorted by what it is named for."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.order import ORDERS
from nn.analysis.neurons.pre_activations import pre_activations
from nn.analysis.neurons.statistics import neuron_statistics
from nn.analysis.neurons.weight_maps import weight_maps
from tests.networks import SHAPES, make


@pytest.mark.parametrize("hidden", [*SHAPES, (40,)])
def test_every_neuron_appears_once_at_its_position(hidden, noise):
    network, shown = make(hidden), noise(60)
    for layer in range(len(hidden) + 1):
        maps = weight_maps(network.parameters, network.sizes, layer)
        found = neuron_statistics(
            network, layer, pre_activations(network, shown.images, layer), shown.labels
        )
        orders = {name: order(found, maps) for name, order in ORDERS.items()}
        n = range(len(maps))
        assert all(sorted(order.tolist()) == list(n) for order in orders.values())
        assert orders["index"].tolist() == list(n)
        assert orders["weight_norm"].tolist() == sorted(n, key=lambda i: -found.weight_norm[i])
        assert orders["activation_rate"].tolist() == sorted(
            n, key=lambda i: -found.activation_rate[i]
        )
        by_digit = sorted(n, key=lambda i: (found.preferred_class[i], -found.selectivity[i]))
        assert orders["preferred_digit"].tolist() == by_digit


def test_equal_neurons_keep_their_order(noise):
    network, shown = make((9,)), noise(20)
    network.parameters[...] = 0
    maps = weight_maps(network.parameters, network.sizes)
    found = neuron_statistics(network, 0, pre_activations(network, shown.images, 0), shown.labels)
    for order in ORDERS.values():
        np.testing.assert_array_equal(order(found, maps), np.arange(9))
