"""Attributions add up to the logit, and are the pixel times the slope."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.attribution import attribution
from nn.layers import ACTIVATIONS
from nn.network import Network, as_input, layer_views


def network(hidden=(7, 5), activation="relu", dropout=0.0) -> Network:
    made = Network((784, *hidden, 10), activation, dtype=np.float64, dropout=dropout)
    rng = np.random.default_rng(len(hidden))
    made.initialize("he", rng)
    for _, b in layer_views(made.parameters, made.sizes):
        b[...] = rng.normal(size=b.shape)
    return made


@pytest.fixture
def image(noise):
    return noise(1).images[0]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
@pytest.mark.parametrize("hidden", [(), (7,), (7, 5), (9, 7, 5)])
def test_pixels_and_biases_add_up_to_the_logit(hidden, activation, image):
    """The biases' share is computed with backward: db is ∂logit/∂(pre-activation)."""
    net = network(hidden, activation)
    found = attribution(net, image)
    x = as_input(image[np.newaxis], np.float64)
    np.testing.assert_allclose(found.logits, net.logits(x)[:, 0], rtol=1e-12)
    for digit in range(10):
        workspace = net.workspace(1)
        net.forward(x, workspace)
        workspace.gradients[-1][...] = np.eye(10)[:, [digit]]
        net.backward(x, workspace)
        biases = sum(
            float(b @ db)
            for (_, b), (_, db) in zip(
                layer_views(net.parameters, net.sizes),
                layer_views(net.gradients, net.sizes),
                strict=True,
            )
        )
        assert found.intercept[digit] == pytest.approx(biases, abs=1e-9)
        assert found.pixels[digit].sum() + biases == pytest.approx(found.logits[digit], abs=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (7, 5)])
def test_a_pixels_attribution_is_its_value_times_its_slope(
    hidden, activation, image, assert_gradient
):
    net = network(hidden, activation)
    x = as_input(image[np.newaxis], np.float64)
    foreground = np.flatnonzero(x[:, 0])[::40]
    found = attribution(net, image)
    for digit in (0, 7):
        slopes = found.pixels[digit].ravel()[foreground] / x[foreground, 0]
        moved = x[foreground, 0].copy()

        def logit(moved=moved, digit=digit) -> float:
            near = x.copy()
            near[foreground, 0] = moved
            return float(net.logits(near)[digit, 0])

        assert_gradient(logit, moved, slopes)


def test_blank_pixels_have_no_attribution(image):
    image = image.copy()
    image[:14] = 0
    assert not attribution(network(), image).pixels[:, :14].any()


def test_contributions_of_neurons_and_biases_add_up_to_the_logit(image):
    """The same sum holds from the first hidden layer on."""
    net = network((7,))
    found = attribution(net, image)
    (_, _), (W, b) = layer_views(net.parameters, net.sizes)
    np.testing.assert_allclose(found.contributions, found.activations * W, rtol=1e-12)
    np.testing.assert_allclose(found.contributions.sum(axis=1) + b, found.logits, rtol=1e-9)
    assert (found.activations >= 0).all()


def test_dropout_has_no_effect_and_the_network_is_unchanged(image):
    plain, dropping = network(), network(dropout=0.5)
    before = dropping.gradients.copy()
    for one, other in zip(attribution(plain, image), attribution(dropping, image), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(dropping.gradients, before)


def test_without_a_hidden_layer_there_are_no_contributions(image):
    found = attribution(network(()), image)
    assert found.activations.shape == (0,) and found.contributions.shape == (10, 0)
