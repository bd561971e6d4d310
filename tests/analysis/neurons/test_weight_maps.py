"""Weight maps: weights in the first layer; in deeper layers, sums over all paths from a pixel."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from nn.analysis.neurons.weight_maps import outgoing_weights, weight_maps
from nn.errors import UserError
from nn.network import layer_views
from tests.networks import SHAPES, make


@pytest.mark.parametrize("hidden", SHAPES)
def test_the_first_layers_weight_maps_are_its_weights(hidden):
    network = make(hidden)
    W = network.layers[0].W
    np.testing.assert_array_equal(weight_maps(network.parameters, network.sizes), W)
    from_float16 = weight_maps(network.parameters.astype(np.float16), network.sizes)
    assert from_float16.dtype == np.float32
    np.testing.assert_allclose(from_float16, W, atol=1e-3)


def test_a_deeper_layers_weight_maps_sum_over_every_path_from_a_pixel():
    network = make((3, 2))
    A, B, C = (W for W, _ in layer_views(network.parameters, network.sizes))
    first, last = (weight_maps(network.parameters, network.sizes, layer) for layer in (1, 2))
    for pixel in (0, 400, 783):
        for n in range(2):
            slow = sum(float(A[i, pixel]) * B[n, i] for i in range(3))
            assert first[n, pixel] == pytest.approx(slow, abs=1e-5)
        for n in range(10):
            paths = product(range(3), range(2))
            slow = sum(float(A[i, pixel]) * B[j, i] * C[n, j] for i, j in paths)
            assert last[n, pixel] == pytest.approx(slow, abs=1e-5)
    some = weight_maps(network.parameters, network.sizes, 2, slice(4, 6))
    np.testing.assert_allclose(some, last[4:6], atol=1e-6)


def test_outgoing_weights_lead_to_each_neuron_of_the_next_layer():
    network = make((3, 2))
    B = network.layers[2].W
    for n in range(3):
        np.testing.assert_array_equal(
            outgoing_weights(network.parameters, network.sizes, 0, n), B[:, n]
        )


@pytest.mark.parametrize(
    ("hidden", "layer", "neuron", "message"),
    [
        ((), 0, 3, "have no outgoing weights"),
        ((3,), 1, 3, "have no outgoing weights"),
        ((3,), 0, 3, "0 to 2; got 3"),
        ((3,), 0, -1, "0 to 2; got -1"),
        ((3,), 2, 0, "0 to 1"),
    ],
)
def test_a_neuron_without_outgoing_weights_raises_a_user_error(hidden, layer, neuron, message):
    network = make(hidden)
    with pytest.raises(UserError, match=message):
        outgoing_weights(network.parameters, network.sizes, layer, neuron)
    with pytest.raises(UserError, match="has layers 0 to"):
        weight_maps(network.parameters, network.sizes, 6)
