"""Learned: followed picture by picture along the frames."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nn.analysis.predictions.confusion import answers
from nn.analysis.predictions.forgetting import forgotten, hardest, learned, rights
from nn.data import sources
from nn.errors import UserError
from nn.runs.load_network import load

matrices = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=8))


@given(matrices)
def test_each_picture_is_followed_through_its_frames(right):
    when, times = learned(right), forgotten(right)
    frames, n = right.shape
    for picture in range(n):
        life = right[:, picture].tolist()
        stays = [frame for frame in range(frames + 1) if all(life[frame:])]
        assert when[picture] == stays[0]
        assert times[picture] == sum(a and not b for a, b in pairwise(life))
    difficulty = [(-when[i], -times[i], i) for i in range(n)]
    assert hardest(right).tolist() == [i for *_, i in sorted(difficulty)]


@given(st.integers(1, 5))
def test_worked_by_hand(copies):
    life = {"TTTT": (0, 0), "FFTT": (2, 0), "TFTT": (2, 1), "TFTF": (4, 2), "FFFF": (4, 0)}
    right = np.array([[mark == "T" for mark in marks] for marks in life]).T.repeat(copies, axis=1)
    expected = [pair for pair in life.values() for _ in range(copies)]
    assert list(zip(learned(right), forgotten(right), strict=True)) == expected
    assert (hardest(right)[:copies] // copies == 3).all()


def test_a_frames_rights_are_those_of_its_network(recorded):
    store, run = recorded
    test = sources.load("strokes", 1000, 0).test[:300]
    steps = store.snapshot_steps(run.id)
    rows = rights(store, run.id, steps, test.images, test.labels)
    for step, row in zip(steps, rows, strict=True):
        network = load(store, f"{run.id}@{step}").network
        np.testing.assert_array_equal(row, answers(network, test.images) == test.labels)


def test_one_may_stop_at_any_frame_and_a_frame_that_is_gone_is_a_sentence(recorded, pictures):
    store, run = recorded
    shown = pictures(5)
    rows = rights(store, run.id, [0, 10**6], shown.images, shown.labels)
    assert next(rows).shape == (5,)
    with pytest.raises(UserError, match="no frame"):
        next(rows)
