"""The weight gradient is the slope of the loss; computing it changes nothing."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from nn.analysis.neurons import weight_gradient as module
from nn.analysis.neurons.weight_gradient import weight_gradient
from nn.layers import OUTPUTS
from nn.losses import LOSSES
from nn.metrics import evaluate
from nn.network import Network
from tests.networks import KINDS, SHAPES, make


def in_float64(plain, dropout=0.0):
    name = next(name for name, kind in OUTPUTS.items() if type(plain.output) is kind)
    network = Network(plain.sizes, plain.activation, name, np.float64, dropout)
    network.parameters[...] = plain.parameters
    return network


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
@pytest.mark.parametrize("hidden", SHAPES)
def test_it_is_the_slope_of_the_loss(
    hidden, activation, output, loss, noise, assert_gradient, monkeypatch
):
    monkeypatch.setattr(module, "CHUNK", 7)  # several chunks, the last one short
    network, shown = in_float64(make(hidden, activation, output), 0.3), noise(10)
    loss = partial(LOSSES[loss], label_smoothing=0.1)
    W = network.layers[0].W
    assert_gradient(
        lambda: evaluate(network, loss, shown.images, shown.labels).loss,
        W,
        weight_gradient(network, loss, shown.images, shown.labels),
        every_axis=False,
    )


def test_the_network_is_unchanged(noise):
    network, shown = make(), noise(5)
    network.gradients[...] = 3
    before = network.parameters.copy()
    found = weight_gradient(network, LOSSES["cross_entropy"], shown.images, shown.labels)
    assert found.shape == (7, 784) and found.dtype == np.float32
    assert (network.gradients == 3).all() and (network.parameters == before).all()
