"""Tiles: what is unpacked is the first layer's weights."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.weight_tiles import quantized, tiles
from nn.network import Network


@pytest.mark.parametrize("sizes", [(784, 10), (784, 1, 10), (784, 128, 10)])
def test_a_tile_times_its_scale_is_the_neurons_weights(sizes: tuple[int, ...]) -> None:
    network = Network(sizes)
    network.initialize("he", np.random.default_rng(0))
    scales, pictures = tiles(network.parameters.astype(np.float16), sizes)
    weights = pictures / 127 * scales[:, None]
    np.testing.assert_allclose(weights, network.layers[0].W.T, atol=float(scales.max()) / 200)
    assert (np.abs(pictures).max(axis=1) == 127).all()
    some = tiles(network.parameters, sizes, slice(0, 1))[1]
    np.testing.assert_allclose(some, pictures[:1], atol=1)


def test_a_neuron_without_weights_is_an_even_tile() -> None:
    scales, pictures = tiles(Network((784, 2, 10)).parameters, (784, 2, 10))
    assert not scales.any() and not pictures.any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_is_none(bad) -> None:
    pictures = np.ones((2, 784), np.float32)
    pictures[0, 3] = bad
    scales, shades = quantized(pictures)
    assert scales.tolist() == [1, 1]
    assert shades[0, 3] == 0 and (np.delete(shades[0], 3) == 127).all() and (shades[1] == 127).all()
    assert not quantized(np.full((1, 784), bad))[1].any()
