"""Weights: the first layer's are its own, deeper ones what a pixel does to them by every path."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from nn.analysis.neurons.weight_maps import outgoing, pictures
from nn.errors import UserError
from nn.network import views
from tests.networks import SHAPES, make


@pytest.mark.parametrize("hidden", SHAPES)
def test_the_first_layers_pictures_are_its_weights(hidden):
    network = make(hidden)
    W = network.layers[0].W
    np.testing.assert_array_equal(pictures(network.parameters, network.sizes), W.T)
    half = pictures(network.parameters.astype(np.float16), network.sizes)
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, W.T, atol=1e-3)


def test_a_deeper_layers_pictures_sum_over_every_path_from_a_pixel():
    network = make((3, 2))
    A, B, C = (W for W, _ in views(network.parameters, network.sizes))
    first, last = (pictures(network.parameters, network.sizes, layer) for layer in (1, 2))
    for pixel in (0, 400, 783):
        for n in range(2):
            slow = sum(float(A[pixel, i]) * B[i, n] for i in range(3))
            assert first[n, pixel] == pytest.approx(slow, abs=1e-5)
        for n in range(10):
            paths = product(range(3), range(2))
            slow = sum(float(A[pixel, i]) * B[i, j] * C[j, n] for i, j in paths)
            assert last[n, pixel] == pytest.approx(slow, abs=1e-5)
    some = pictures(network.parameters, network.sizes, 2, slice(4, 6))
    np.testing.assert_allclose(some, last[4:6], atol=1e-6)


def test_a_neuron_speaks_to_each_of_the_next_layer():
    network = make((3, 2))
    B = network.layers[2].W
    for n in range(3):
        np.testing.assert_array_equal(outgoing(network.parameters, network.sizes, 0, n), B[n])


@pytest.mark.parametrize(
    ("hidden", "layer", "neuron", "says"),
    [
        ((), 0, 3, "the answers"),
        ((3,), 1, 3, "the answers"),
        ((3,), 0, 3, "0 to 2; got 3"),
        ((3,), 0, -1, "0 to 2; got -1"),
        ((3,), 2, 0, "0 to 1"),
    ],
)
def test_who_speaks_to_nobody_is_a_sentence(hidden, layer, neuron, says):
    network = make(hidden)
    with pytest.raises(UserError, match=says):
        outgoing(network.parameters, network.sizes, layer, neuron)
    with pytest.raises(UserError, match="are 0 to"):
        pictures(network.parameters, network.sizes, 6)
