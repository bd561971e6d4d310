"""Weight tiles: int8 times a scale gives the weights back."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.weight_tiles import quantize, weight_tiles
from nn.network import Network


@pytest.mark.parametrize("sizes", [(784, 10), (784, 1, 10), (784, 128, 10)])
def test_a_tile_times_its_scale_is_the_neurons_weights(sizes: tuple[int, ...]) -> None:
    network = Network(sizes)
    network.initialize("he", np.random.default_rng(0))
    scales, tiles = weight_tiles(network.parameters.astype(np.float16), sizes)
    weights = tiles / 127 * scales[:, None]
    np.testing.assert_allclose(weights, network.layers[0].W, atol=float(scales.max()) / 200)
    assert (np.abs(tiles).max(axis=1) == 127).all()
    some = weight_tiles(network.parameters, sizes, slice(0, 1))[1]
    np.testing.assert_allclose(some, tiles[:1], atol=1)


def test_a_neuron_whose_weights_are_zero_has_a_constant_tile() -> None:
    scales, tiles = weight_tiles(Network((784, 2, 10)).parameters, (784, 2, 10))
    assert not scales.any() and not tiles.any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_becomes_zero(bad) -> None:
    tiles = np.ones((2, 784), np.float32)
    tiles[0, 3] = bad
    scales, shades = quantize(tiles)
    assert scales.tolist() == [1, 1]
    assert shades[0, 3] == 0 and (np.delete(shades[0], 3) == 127).all() and (shades[1] == 127).all()
    assert not quantize(np.full((1, 784), bad))[1].any()
