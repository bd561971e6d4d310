"""Tiles: what the browser unpacks is the first layer's weights."""

import numpy as np
import pytest

from nn.network import Network
from pages.server import pack_tiles


@pytest.mark.parametrize("sizes", [(784, 10), (784, 1, 10), (784, 128, 10)])
def test_unpacked_tiles_are_the_weights_of_each_neuron(sizes: tuple[int, ...]) -> None:
    network = Network(sizes)
    network.initialize("he", np.random.default_rng(0))
    packed = pack_tiles.pack(network.parameters.astype(np.float16), sizes)
    neurons = sizes[1]
    scales = np.frombuffer(packed, "<f4", neurons)
    pictures = np.frombuffer(packed, np.int8, offset=4 * neurons).reshape(neurons, 784)
    weights = pictures / 127 * scales[:, None]
    np.testing.assert_allclose(weights, network.layers[0].W.T, atol=float(scales.max()) / 200)


def test_a_neuron_without_weights_is_an_even_tile() -> None:
    packed = pack_tiles.pack(Network((784, 2, 10)).parameters, (784, 2, 10))
    assert packed == bytes(2 * 4 + 2 * 784)
