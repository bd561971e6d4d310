"""Ablation has the same effect as setting the neuron's outgoing weights to zero."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons import ablation as module
from nn.analysis.neurons.ablation import scores
from nn.analysis.neurons.pre_activations import pre_activations
from nn.errors import UserError
from nn.losses import LOSSES
from nn.metrics import evaluate
from nn.network import Network, layer_views
from tests.networks import KINDS, SHAPES, make

LOSS = LOSSES["cross_entropy"]


def assert_scores(found, network, shown):
    whole = evaluate(network, LOSS, shown.images, shown.labels)
    assert found.accuracy == pytest.approx(whole.accuracy)
    for digit in range(10):
        chosen = shown.labels == digit
        score = evaluate(network, LOSS, shown.images[chosen], shown.labels[chosen])
        assert found.accuracy_per_digit[digit] == pytest.approx(score.accuracy)
        assert found.loss_per_digit[digit] == pytest.approx(score.loss, rel=1e-4)


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
def test_ablation_equals_setting_the_outgoing_weights_to_zero(
    hidden, activation, output, noise, monkeypatch
):
    monkeypatch.setattr(module, "CHUNK", 7)  # several chunks, the last one short
    shown = noise(60)
    network, zeroed = make(hidden, activation, output), make(hidden, activation, output)
    matrices = [W for W, _ in layer_views(zeroed.parameters, zeroed.sizes)]
    for layer, width in enumerate(hidden):
        z = pre_activations(network, shown.images, layer)
        assert_scores(scores(network, LOSS, layer, z, shown.labels), network, shown)
        for neuron in {0, width - 1}:
            column = matrices[layer + 1][:, neuron]
            kept, column[...] = column.copy(), 0
            before = z.copy()
            found = scores(network, LOSS, layer, z, shown.labels, neuron)
            assert_scores(found, zeroed, shown)
            np.testing.assert_array_equal(z, before)
            column[...] = kept
    z = pre_activations(network, shown.images, len(hidden))
    assert_scores(scores(network, LOSS, len(hidden), z, shown.labels), network, shown)


def test_dropout_has_no_effect(noise):
    shown, plain = noise(40), make((4, 3))
    dropping = Network(plain.sizes, dropout=0.5)
    dropping.parameters[...] = plain.parameters
    z = pre_activations(plain, shown.images, 0)
    found, expected = (scores(n, LOSS, 0, z, shown.labels, 2) for n in (dropping, plain))
    np.testing.assert_equal(found, expected)


@pytest.mark.filterwarnings("error")
def test_a_digit_without_images_has_no_score(noise):
    network, shown = make(), noise(10)
    z = pre_activations(network, shown.images, 0)
    found = scores(network, LOSS, 0, z, np.full(10, 4, np.uint8))
    others = [digit for digit in range(10) if digit != 4]
    assert (
        np.isnan(found.accuracy_per_digit[others]).all()
        and np.isnan(found.loss_per_digit[others]).all()
    )
    assert found.accuracy == found.accuracy_per_digit[4]


@pytest.mark.parametrize(
    ("hidden", "layer", "neuron", "message"),
    [
        ((), 0, 3, "cannot be ablated"),
        ((7,), 1, 3, "cannot be ablated"),
        ((7,), 0, 7, "0 to 6; got 7"),
    ],
)
def test_a_neuron_that_cannot_be_ablated_raises_a_user_error(hidden, layer, neuron, message, noise):
    network, shown = make(hidden), noise(5)
    z = pre_activations(network, shown.images, layer)
    with pytest.raises(UserError, match=message):
        scores(network, LOSS, layer, z, shown.labels, neuron)
