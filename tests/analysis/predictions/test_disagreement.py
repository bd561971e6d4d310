"""Which images one model classifies and another does not, and McNemar's test."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.disagreement import disagreement, mcnemar
from nn.analysis.predictions.predict import Predictions


def predictions_of(predicted: list[int], confidence: list[float]) -> Predictions:
    """Of images of 0."""
    n = len(predicted)
    probabilities = np.full((n, 10), 0.1, np.float32)
    labels = np.zeros(n, np.uint8)
    return Predictions(labels, probabilities, np.array(predicted), np.float32(confidence))


def test_images_are_split_by_which_model_is_right_most_confident_error_first():
    first = predictions_of([0, 0, 0, 1, 1, 1, 1], [0.5, 0.5, 0.5, 0.6, 0.9, 0.2, 0.8])
    second = predictions_of([0, 2, 3, 0, 0, 4, 4], [0.5, 0.7, 0.9, 0.5, 0.5, 0.5, 0.5])
    found = disagreement(first, second)
    assert found.first_alone.tolist() == [2, 1]
    assert found.second_alone.tolist() == [4, 3]
    assert found.both_wrong.tolist() == [6, 5]
    assert found.p_value == 1
    mirrored = disagreement(second, first)
    assert set(mirrored.first_alone) == set(found.second_alone)


@pytest.mark.parametrize(
    ("first_alone", "second_alone", "p"),
    [
        (0, 0, 1.0),
        (0, 1, 1.0),
        (7, 7, 1.0),
        (0, 5, 2 / 32),
        (1, 9, 2 * (1 + 10) / 1024),
        (9, 1, 2 * (1 + 10) / 1024),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
        (0, 5000, 0.0),  # too small for a float
    ],
)
def test_the_exact_test_has_its_known_values(first_alone, second_alone, p):
    assert mcnemar(first_alone, second_alone) == pytest.approx(p, rel=1e-12)


def test_many_images_have_the_values_of_scipys_binomial_test():
    assert mcnemar(150, 86) == pytest.approx(3.7159361395713866e-05, rel=1e-9)
    assert mcnemar(4000, 4100) == pytest.approx(0.2713310871439323, rel=1e-9)
