"""Cosine similarity from its definition; an order in which each neuron is closest to the last."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.neurons import similarity as module
from nn.analysis.neurons.similarity import cosine_similarity, duplicates, similarity_order
from nn.errors import UserError


def noise(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 784)).astype(np.float32)


def test_cosine_similarity_follows_its_definition():
    weights = noise(12)
    weights[3] = 0
    found = cosine_similarity(weights)
    for i, a in enumerate(weights.astype(float)):
        for j, b in enumerate(weights.astype(float)):
            length = np.sqrt(a @ a) * np.sqrt(b @ b)
            expected = 1 if i == j else a @ b / length if length else 0
            assert found[i, j] == pytest.approx(expected, abs=1e-5)


def test_a_duplicate_points_to_the_first_neuron_with_proportional_weights():
    weights = noise(8)
    weights[5] = 3 * weights[2] + 0.3 * weights[7]
    weights[6] = -weights[2]
    weights[4] = 0
    assert duplicates(cosine_similarity(weights)).tolist() == [0, 1, 2, 3, 4, 2, 6, 7]
    assert duplicates(cosine_similarity(np.zeros((3, 784)))).tolist() == [0, 1, 2]


@given(st.integers(1, 25), st.integers(0, 99))
def test_each_neuron_is_followed_by_the_most_similar_one_left(n, seed):
    similarity = cosine_similarity(noise(n, seed) + noise(1))
    order = similarity_order(similarity).tolist()
    assert sorted(order) == list(range(n))
    assert similarity[order[0]].sum() == pytest.approx(similarity.sum(axis=0).min(), abs=1e-4)
    for position, (here, following) in enumerate(pairwise(order)):
        remaining = set(range(n)) - set(order[: position + 1])
        assert similarity[here, following] == max(similarity[here, other] for other in remaining)


def test_similar_neurons_are_adjacent():
    kinds = noise(3).repeat(5, axis=0) + noise(15, 1) / 10
    shuffled = np.random.default_rng(2).permutation(15)
    order = similarity_order(cosine_similarity(kinds[shuffled]))
    kind = shuffled[order] // 5
    assert np.count_nonzero(np.diff(kind)) == 2


def test_too_many_neurons_raise_a_user_error(monkeypatch):
    monkeypatch.setattr(module, "MAX_NEURONS", 3)
    with pytest.raises(UserError, match="at most 3 neurons; this layer has 4"):
        cosine_similarity(noise(4))
