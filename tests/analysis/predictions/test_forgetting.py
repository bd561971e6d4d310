"""Learning and forgetting, followed image by image along the snapshots."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nn.analysis.predictions.forgetting import forgetting_events, hardest, learned_at

matrices = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=8))


@given(matrices)
def test_each_image_is_followed_along_the_snapshots(correct):
    when, times = learned_at(correct), forgetting_events(correct)
    snapshots, n = correct.shape
    for image in range(n):
        history = correct[:, image].tolist()
        stays = [snapshot for snapshot in range(snapshots + 1) if all(history[snapshot:])]
        assert when[image] == stays[0]
        assert times[image] == sum(a and not b for a, b in pairwise(history))
    difficulty = [(-when[i], -times[i], i) for i in range(n)]
    assert hardest(correct).tolist() == [i for *_, i in sorted(difficulty)]


@given(st.integers(1, 5))
def test_worked_by_hand(copies):
    history = {"TTTT": (0, 0), "FFTT": (2, 0), "TFTT": (2, 1), "TFTF": (4, 2), "FFFF": (4, 0)}
    correct = np.array([[mark == "T" for mark in marks] for marks in history]).T.repeat(
        copies, axis=1
    )
    expected = [pair for pair in history.values() for _ in range(copies)]
    assert list(zip(learned_at(correct), forgetting_events(correct), strict=True)) == expected
    assert (hardest(correct)[:copies] // copies == 3).all()
