"""Top activating images are the ends of the sorted list; a histogram counts each image once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.neurons.top_activating import activation_histogram, top_activating

numbers = st.lists(st.integers(-5, 5), min_size=1, max_size=40)


@given(numbers, st.integers(1, 50))
def test_highest_and_lowest_are_the_ends_of_the_sorted_list(values, count):
    highest, lowest = top_activating(np.array(values, np.float32), count)
    numbers_of_images = range(len(values))
    assert highest.tolist() == sorted(numbers_of_images, key=lambda i: (-values[i], i))[:count]
    assert lowest.tolist() == sorted(numbers_of_images, key=lambda i: (values[i], i))[:count]


@given(numbers, st.integers(1, 12), st.integers(0, 9))
def test_every_image_is_counted_once_for_its_digit(values, bins, offset):
    y = np.array(values, np.float32) / 3
    labels = ((np.arange(len(y)) + offset) % 10).astype(np.uint8)
    edges, counts = activation_histogram(y, labels, bins)
    assert (len(edges), counts.shape) == (bins + 1, (10, bins))
    assert edges[0] <= y.min() and y.max() <= edges[-1]
    for digit in range(10):
        slow = [0] * bins
        for value in y[labels == digit].tolist():
            slow[max(n for n in range(bins) if n == 0 or value >= edges[n])] += 1
        assert counts[digit].tolist() == slow


def test_a_constant_activation_fills_one_bin():
    edges, counts = activation_histogram(np.full(5, 2, np.float32), np.arange(5), 4)
    assert (np.diff(edges) > 0).all()
    assert np.count_nonzero(counts.sum(axis=0)) == 1 and counts.sum() == 5


@pytest.mark.parametrize("value", [1e30, 16777216.0, 1e-38])
def test_numbers_of_any_size_are_counted(value):
    y = np.array([value, np.nextafter(np.float32(value), np.float32(np.inf))], np.float32)
    assert activation_histogram(y, np.array([0, 1])).counts.sum() == 2
