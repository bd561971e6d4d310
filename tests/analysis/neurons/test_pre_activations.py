"""Sums: a layer's numbers are those that one picture alone, layer by layer, leads to."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons import pre_activations as module
from nn.analysis.neurons.pre_activations import check_neuron, fires, said, sums
from nn.errors import UserError
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.network import Network, views
from tests.networks import KINDS, SHAPES, diverged, make


def slowly(network, image, layer):
    """→ the layer's sums and what it says, in float64."""
    y = image.reshape(1, 784) / 255
    matrices = list(views(network.parameters.astype(float), network.sizes))
    for number, (W, b) in enumerate(matrices[: layer + 1]):
        z = y @ W + b
        last = number == len(matrices) - 1
        y = (network.output if last else ACTIVATIONS[network.activation]()).forward(z)
    return z[0], y[0]


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
def test_every_layer_sums_and_says_what_it_does_to_one_picture_alone(
    hidden, activation, output, pictures, monkeypatch
):
    monkeypatch.setattr(module, "CHUNK", 7)  # several chunks, the last one short
    network, images = make(hidden, activation, output), pictures(16).images
    for layer in range(len(hidden) + 1):
        z = sums(network, images, layer)
        y = said(network, layer, z)
        assert z.dtype == np.float32
        for n, image in enumerate(images):
            slow_z, slow_y = slowly(network, image, layer)
            np.testing.assert_allclose(z[n], slow_z, atol=1e-5)
            np.testing.assert_allclose(y[n], slow_y, atol=1e-5)
    np.testing.assert_allclose(y, network.probabilities(images), atol=1e-6)


def test_dropout_drops_nothing_when_one_looks(pictures):
    images, plain = pictures(5).images, make((4, 3))
    dropping = Network(plain.sizes, dropout=0.5)
    dropping.parameters[...] = plain.parameters
    for layer in range(3):
        expected = sums(plain, images, layer)
        np.testing.assert_array_equal(sums(dropping, images, layer), expected)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_hidden_neuron_fires_where_it_says_more_than_at_a_sum_of_zero(activation, pictures):
    network = make((7,), activation)
    z = sums(network, pictures(50).images, 0)
    silent = said(network, 0, np.zeros((1, 7), np.float32))
    assert silent[0, 0] == (0.5 if activation == "sigmoid" else 0)
    np.testing.assert_array_equal(fires(network, 0, z), said(network, 0, z) > silent)


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_fires_where_it_is_the_answer_or_says_yes(output, pictures):
    network = make((7,), "relu", output)
    z = sums(network, pictures(50).images, 1)
    for row, firing in zip(z, fires(network, 1, z), strict=True):
        answers = {int(row.argmax())} if output == "softmax" else set(np.flatnonzero(row > 0))
        assert set(np.flatnonzero(firing)) == answers


@pytest.mark.parametrize("hidden", SHAPES)
def test_a_layer_or_neuron_that_there_is_not_is_a_sentence(hidden, pictures):
    network, images = make(hidden), pictures(2).images
    last = len(hidden)
    for layer in (-1, last + 1):
        with pytest.raises(UserError, match=f"are 0 to {last}"):
            sums(network, images, layer)
    for neuron in (-1, 10):
        with pytest.raises(UserError, match="0 to 9"):
            check_neuron(network.sizes, last, neuron)
    check_neuron(network.sizes, last, 9)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("hidden", [(), (40,), (40, 40)])
def test_a_network_that_has_diverged_is_a_sentence(hidden, pictures):
    for layer in range(len(hidden) + 1):
        with pytest.raises(UserError, match="diverged"):
            sums(diverged(hidden), pictures(2).images, layer)
