"""Exciting: the extremes of a sorted list, and counts picture by picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.neurons.top_activating import extremes, histogram

numbers = st.lists(st.integers(-5, 5), min_size=1, max_size=40)


@given(numbers, st.integers(1, 50))
def test_extremes_are_the_ends_of_the_sorted_list(values, most):
    highest, lowest = extremes(np.array(values, np.float32), most)
    places = range(len(values))
    assert highest.tolist() == sorted(places, key=lambda i: (-values[i], i))[:most]
    assert lowest.tolist() == sorted(places, key=lambda i: (values[i], i))[:most]


@given(numbers, st.integers(1, 12), st.integers(0, 9))
def test_every_picture_is_counted_once_at_its_digit(values, bins, turn):
    y = np.array(values, np.float32) / 3
    labels = ((np.arange(len(y)) + turn) % 10).astype(np.uint8)
    edges, counts = histogram(y, labels, bins)
    assert (len(edges), counts.shape) == (bins + 1, (10, bins))
    assert edges[0] <= y.min() and y.max() <= edges[-1]
    for digit in range(10):
        slow = [0] * bins
        for value in y[labels == digit].tolist():
            slow[max(n for n in range(bins) if n == 0 or value >= edges[n])] += 1
        assert counts[digit].tolist() == slow


def test_a_neuron_that_always_says_the_same_has_one_bar():
    edges, counts = histogram(np.full(5, 2, np.float32), np.arange(5), 4)
    assert (np.diff(edges) > 0).all()
    assert np.count_nonzero(counts.sum(axis=0)) == 1 and counts.sum() == 5


@pytest.mark.parametrize("value", [1e30, 16777216.0, 1e-38])
def test_numbers_of_any_size_are_counted(value):
    y = np.array([value, np.nextafter(np.float32(value), np.float32(np.inf))], np.float32)
    assert histogram(y, np.array([0, 1])).counts.sum() == 2
