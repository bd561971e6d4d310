"""Order: every neuron once, sorted by what the order is named after."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.order import ORDERS
from nn.analysis.neurons.pre_activations import sums
from nn.analysis.neurons.statistics import survey
from nn.analysis.neurons.weight_maps import pictures as weights
from tests.networks import SHAPES, make


@pytest.mark.parametrize("hidden", [*SHAPES, (40,)])
def test_every_neuron_stands_once_in_its_place(hidden, pictures):
    network, shown = make(hidden), pictures(60)
    for layer in range(len(hidden) + 1):
        tiles = weights(network.parameters, network.sizes, layer)
        found = survey(network, layer, sums(network, shown.images, layer), shown.labels)
        orders = {name: order(found, tiles) for name, order in ORDERS.items()}
        n = range(len(tiles))
        assert all(sorted(order.tolist()) == list(n) for order in orders.values())
        assert orders["index"].tolist() == list(n)
        assert orders["norm"].tolist() == sorted(n, key=lambda i: -found.norm[i])
        assert orders["firing"].tolist() == sorted(n, key=lambda i: -found.firing[i])
        by_digit = sorted(n, key=lambda i: (found.serves[i], -found.selectivity[i]))
        assert orders["digit"].tolist() == by_digit


def test_equal_neurons_stay_in_their_order(pictures):
    network, shown = make((9,)), pictures(20)
    network.parameters[...] = 0
    tiles = weights(network.parameters, network.sizes)
    found = survey(network, 0, sums(network, shown.images, 0), shown.labels)
    for order in ORDERS.values():
        np.testing.assert_array_equal(order(found, tiles), np.arange(9))
