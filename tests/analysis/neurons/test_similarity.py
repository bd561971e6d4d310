"""Likeness: cosines as from their definition; a chain in which each is nearest to the last."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.neurons import similarity as module
from nn.analysis.neurons.similarity import chain, cosines, originals
from nn.errors import UserError


def noise(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 784)).astype(np.float32)


def test_cosines_are_those_of_the_definition():
    weights = noise(12)
    weights[3] = 0
    found = cosines(weights)
    for i, a in enumerate(weights.astype(float)):
        for j, b in enumerate(weights.astype(float)):
            length = np.sqrt(a @ a) * np.sqrt(b @ b)
            expected = 1 if i == j else a @ b / length if length else 0
            assert found[i, j] == pytest.approx(expected, abs=1e-5)


def test_a_duplicate_is_of_the_first_that_is_nearly_the_same_whatever_its_strength():
    weights = noise(8)
    weights[5] = 3 * weights[2] + 0.3 * weights[7]
    weights[6] = -weights[2]
    weights[4] = 0
    assert originals(cosines(weights)).tolist() == [0, 1, 2, 3, 4, 2, 6, 7]
    assert originals(cosines(np.zeros((3, 784)))).tolist() == [0, 1, 2]


@given(st.integers(1, 25), st.integers(0, 99))
def test_each_in_the_chain_is_followed_by_the_one_most_like_it(n, seed):
    likeness = cosines(noise(n, seed) + noise(1))
    order = chain(likeness).tolist()
    assert sorted(order) == list(range(n))
    assert likeness[order[0]].sum() == pytest.approx(likeness.sum(axis=0).min(), abs=1e-4)
    for place, (here, following) in enumerate(pairwise(order)):
        left = set(range(n)) - set(order[: place + 1])
        assert likeness[here, following] == max(likeness[here, other] for other in left)


def test_look_alikes_stand_together():
    kinds = noise(3).repeat(5, axis=0) + noise(15, 1) / 10
    shuffled = np.random.default_rng(2).permutation(15)
    order = chain(cosines(kinds[shuffled]))
    kind = shuffled[order] // 5
    assert np.count_nonzero(np.diff(kind)) == 2


def test_too_many_are_a_sentence(monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    with pytest.raises(UserError, match="at most 3; this one has 4"):
        cosines(noise(4))
