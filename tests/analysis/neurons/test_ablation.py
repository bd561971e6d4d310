"""Without: as if the neuron's outgoing weights were nothing."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons import ablation as module
from nn.analysis.neurons.ablation import scores
from nn.analysis.neurons.pre_activations import sums
from nn.errors import UserError
from nn.losses import LOSSES
from nn.metrics import evaluate
from nn.network import Network, views
from tests.networks import KINDS, SHAPES, make

LOSS = LOSSES["cross_entropy"]


def assert_scores(found, network, shown):
    whole = evaluate(network, LOSS, shown.images, shown.labels)
    assert found.accuracy == pytest.approx(whole.accuracy)
    for digit in range(10):
        of_it = shown.labels == digit
        score = evaluate(network, LOSS, shown.images[of_it], shown.labels[of_it])
        assert found.accuracies[digit] == pytest.approx(score.accuracy)
        assert found.losses[digit] == pytest.approx(score.loss, rel=1e-4)


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
def test_switched_off_is_unheard_by_the_next_layer(
    hidden, activation, output, pictures, monkeypatch
):
    monkeypatch.setattr(module, "CHUNK", 7)  # several chunks, the last one short
    shown = pictures(60)
    network, deaf = make(hidden, activation, output), make(hidden, activation, output)
    matrices = [W for W, _ in views(deaf.parameters, deaf.sizes)]
    for layer, width in enumerate(hidden):
        z = sums(network, shown.images, layer)
        assert_scores(scores(network, LOSS, layer, z, shown.labels), network, shown)
        for neuron in {0, width - 1}:
            row = matrices[layer + 1][neuron]
            kept, row[...] = row.copy(), 0
            before = z.copy()
            found = scores(network, LOSS, layer, z, shown.labels, neuron)
            assert_scores(found, deaf, shown)
            np.testing.assert_array_equal(z, before)
            row[...] = kept
    z = sums(network, shown.images, len(hidden))
    assert_scores(scores(network, LOSS, len(hidden), z, shown.labels), network, shown)


def test_dropout_drops_nothing_when_one_looks(pictures):
    shown, plain = pictures(40), make((4, 3))
    dropping = Network(plain.sizes, dropout=0.5)
    dropping.parameters[...] = plain.parameters
    z = sums(plain, shown.images, 0)
    found, expected = (scores(n, LOSS, 0, z, shown.labels, 2) for n in (dropping, plain))
    np.testing.assert_equal(found, expected)


@pytest.mark.filterwarnings("error")
def test_a_digit_without_pictures_has_no_score(pictures):
    network, shown = make(), pictures(10)
    z = sums(network, shown.images, 0)
    found = scores(network, LOSS, 0, z, np.full(10, 4, np.uint8))
    others = [digit for digit in range(10) if digit != 4]
    assert np.isnan(found.accuracies[others]).all() and np.isnan(found.losses[others]).all()
    assert found.accuracy == found.accuracies[4]


@pytest.mark.parametrize(
    ("hidden", "layer", "neuron", "says"),
    [((), 0, 3, "the answers"), ((7,), 1, 3, "the answers"), ((7,), 0, 7, "0 to 6; got 7")],
)
def test_what_cannot_be_switched_off_is_a_sentence(hidden, layer, neuron, says, pictures):
    network, shown = make(hidden), pictures(5)
    z = sums(network, shown.images, layer)
    with pytest.raises(UserError, match=says):
        scores(network, LOSS, layer, z, shown.labels, neuron)
