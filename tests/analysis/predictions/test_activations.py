"""Each layer's activations follow from those of the layer before."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.activations import node_activations
from nn.network import Network, layer_views


@pytest.mark.parametrize("hidden", [(), (5,), (5, 3)])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_each_layer_follows_from_the_one_before(hidden, dropout, noise):
    network = Network((784, *hidden, 10), "tanh", dropout=dropout)
    network.initialize("normal", np.random.default_rng(0))
    image = noise(1).images[0]
    columns = node_activations(network, image)
    assert tuple(map(len, columns)) == network.sizes
    np.testing.assert_allclose(columns[0], image.ravel() / 255, rtol=1e-6)
    for before, (W, b), after in zip(
        columns, layer_views(network.parameters, network.sizes), columns[1:-1], strict=False
    ):
        np.testing.assert_allclose(after, np.tanh(W @ before + b), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(columns[-1], network.probabilities(image[np.newaxis])[0], rtol=1e-5)
