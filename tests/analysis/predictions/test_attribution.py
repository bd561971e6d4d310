"""Evidence: it adds up, and it is the slope."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.attribution import evidence
from nn.layers import ACTIVATIONS
from nn.network import Network, as_input, views


def network(hidden=(7, 5), activation="relu", dropout=0.0) -> Network:
    made = Network((784, *hidden, 10), activation, dtype=np.float64, dropout=dropout)
    rng = np.random.default_rng(len(hidden))
    made.initialize("he", rng)
    for _, b in views(made.parameters, made.sizes):
        b[...] = rng.normal(size=b.shape)
    return made


@pytest.fixture
def image(pictures):
    return pictures(1).images[0]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
@pytest.mark.parametrize("hidden", [(), (7,), (7, 5), (9, 7, 5)])
def test_pixels_and_biases_make_the_logit(hidden, activation, image):
    """The biases' part is taken from backward: db is ∂logit/∂(a node's sum), by its bias."""
    net = network(hidden, activation)
    found = evidence(net, image)
    x = as_input(image[np.newaxis], np.float64)
    np.testing.assert_allclose(found.logits, net.logits(x)[0], rtol=1e-12)
    for digit in range(10):
        ys, dys = net.workspace(1), net.workspace(1)
        net.forward(x, ys)
        dys[-1][...] = np.eye(10)[[digit]]
        net.backward(x, ys, dys)
        biases = sum(
            float(b @ db)
            for (_, b), (_, db) in zip(
                views(net.parameters, net.sizes), views(net.gradients, net.sizes), strict=True
            )
        )
        assert found.rest[digit] == pytest.approx(biases, abs=1e-9)
        assert found.pixels[digit].sum() + biases == pytest.approx(found.logits[digit], abs=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (7, 5)])
def test_a_pixels_evidence_is_its_value_times_its_slope(hidden, activation, image, assert_gradient):
    net = network(hidden, activation)
    x = as_input(image[np.newaxis], np.float64)
    inked = np.flatnonzero(x[0])[::40]
    found = evidence(net, image)
    for digit in (0, 7):
        slopes = found.pixels[digit].ravel()[inked] / x[0, inked]
        moved = x[0, inked].copy()

        def logit(moved=moved, digit=digit) -> float:
            near = x.copy()
            near[0, inked] = moved
            return float(net.logits(near)[0, digit])

        assert_gradient(logit, moved, slopes)


def test_where_there_is_no_ink_there_is_no_evidence(image):
    image = image.copy()
    image[:14] = 0
    assert not evidence(network(), image).pixels[:, :14].any()


def test_neurons_push_what_pixels_and_the_first_biases_say(image):
    """From the first hidden layer on the same sum holds with the neurons in the pixels' place."""
    net = network((7,))
    found = evidence(net, image)
    (_, _), (W, b) = views(net.parameters, net.sizes)
    np.testing.assert_allclose(found.pushes, found.fired * W.T, rtol=1e-12)
    np.testing.assert_allclose(found.pushes.sum(axis=1) + b, found.logits, rtol=1e-9)
    assert (found.fired >= 0).all()


def test_dropout_plays_no_part_and_nothing_is_written(image):
    plain, dropping = network(), network(dropout=0.5)
    before = dropping.gradients.copy()
    for one, other in zip(evidence(plain, image), evidence(dropping, image), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(dropping.gradients, before)


def test_without_a_hidden_layer_no_neuron_pushes(image):
    found = evidence(network(()), image)
    assert found.fired.shape == (0,) and found.pushes.shape == (10, 0)
