"""Pre-activations and activations of a layer equal those of one image at a time in float64."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons import pre_activations as module
from nn.analysis.neurons.pre_activations import (
    activations,
    check_neuron,
    is_active,
    pre_activations,
)
from nn.errors import UserError
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.network import Network, layer_views
from tests.networks import KINDS, SHAPES, diverged, make


def slowly(network, image, layer):
    """→ the layer's pre-activations and activations, in float64."""
    y = image.reshape(784, 1) / 255
    matrices = list(layer_views(network.parameters.astype(float), network.sizes))
    for number, (W, b) in enumerate(matrices[: layer + 1]):
        z = W @ y + b[:, np.newaxis]
        last = number == len(matrices) - 1
        y = (network.output if last else ACTIVATIONS[network.activation]()).forward(z)
    return z[:, 0], y[:, 0]


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
def test_a_batch_gives_the_same_as_one_image_at_a_time(
    hidden, activation, output, noise, monkeypatch
):
    monkeypatch.setattr(module, "CHUNK", 7)  # several chunks, the last one short
    network, images = make(hidden, activation, output), noise(16).images
    for layer in range(len(hidden) + 1):
        z = pre_activations(network, images, layer)
        y = activations(network, layer, z)
        assert z.dtype == np.float32
        for n, image in enumerate(images):
            slow_z, slow_y = slowly(network, image, layer)
            np.testing.assert_allclose(z[n], slow_z, atol=1e-5)
            np.testing.assert_allclose(y[n], slow_y, atol=1e-5)
    np.testing.assert_allclose(y, network.probabilities(images), atol=1e-6)


def test_dropout_has_no_effect(noise):
    images, plain = noise(5).images, make((4, 3))
    dropping = Network(plain.sizes, dropout=0.5)
    dropping.parameters[...] = plain.parameters
    for layer in range(3):
        expected = pre_activations(plain, images, layer)
        np.testing.assert_array_equal(pre_activations(dropping, images, layer), expected)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_hidden_neuron_is_active_above_its_activation_at_zero(activation, noise):
    network = make((7,), activation)
    z = pre_activations(network, noise(50).images, 0)
    at_zero = activations(network, 0, np.zeros((1, 7), np.float32))
    assert at_zero[0, 0] == (0.5 if activation == "sigmoid" else 0)
    np.testing.assert_array_equal(is_active(network, 0, z), activations(network, 0, z) > at_zero)


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_is_active_where_it_is_predicted(output, noise):
    network = make((7,), "relu", output)
    z = pre_activations(network, noise(50).images, 1)
    for row, active in zip(z, is_active(network, 1, z), strict=True):
        predicted = {int(row.argmax())} if output == "softmax" else set(np.flatnonzero(row > 0))
        assert set(np.flatnonzero(active)) == predicted


@pytest.mark.parametrize("hidden", SHAPES)
def test_a_layer_or_neuron_that_does_not_exist_raises_a_user_error(hidden, noise):
    network, images = make(hidden), noise(2).images
    last = len(hidden)
    for layer in (-1, last + 1):
        with pytest.raises(UserError, match=f"layers 0 to {last}"):
            pre_activations(network, images, layer)
    for neuron in (-1, 10):
        with pytest.raises(UserError, match="0 to 9"):
            check_neuron(network.sizes, last, neuron)
    check_neuron(network.sizes, last, 9)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("hidden", [(), (40,), (40, 40)])
def test_a_diverged_network_raises_a_user_error(hidden, noise):
    for layer in range(len(hidden) + 1):
        with pytest.raises(UserError, match="diverged"):
            pre_activations(diverged(hidden), noise(2).images, layer)
