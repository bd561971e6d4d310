"""Confusion matrix: each count equals the one made image by image."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.confusion import Confusion, confusion


def test_every_image_is_counted_in_its_cell():
    labels, predicted = np.random.default_rng(0).integers(0, 10, (2, 50)).astype(np.uint8)
    slow = np.zeros((10, 10), int)
    for actual, found in zip(labels, predicted, strict=True):
        slow[actual, found] += 1
    matrix = confusion(labels, predicted)
    np.testing.assert_array_equal(matrix.counts, slow)
    assert matrix.total == 50
    assert matrix.correct == sum(slow[digit, digit] for digit in range(10))
    assert matrix.accuracy == pytest.approx(np.mean(predicted == labels))
    for digit, accuracy in enumerate(matrix.accuracy_per_digit):
        assert accuracy == pytest.approx(np.mean(predicted[labels == digit] == digit))


def test_a_digit_without_images_has_no_accuracy():
    counts = np.diag([1] * 9 + [0])
    assert Confusion(counts).accuracy_per_digit == [1.0] * 9 + [None]
    assert Confusion(counts).accuracy == 1
