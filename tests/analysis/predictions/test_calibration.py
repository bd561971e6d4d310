"""Calibration: each bin as counted image by image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.predictions.calibration import calibration
from nn.analysis.predictions.predict import Predictions


def predictions_with(confidence, correct):
    n = len(confidence)
    labels = np.zeros(n, np.uint8)
    predicted = np.where(correct, 0, 1)
    return Predictions(
        labels, np.zeros((n, 10), np.float32), predicted, np.array(confidence, np.float32)
    )


@pytest.mark.filterwarnings("error")
@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1))
def test_every_image_is_counted_in_the_bin_of_its_confidence(predicted):
    found = calibration(predictions_with(*zip(*predicted, strict=True)))
    error = 0.0
    for number in range(10):
        inside = [
            (confidence, correct)
            for confidence, correct in predicted
            if min(int(np.float32(confidence) * np.float32(10)), 9) == number
        ]
        assert found.counts[number] == len(inside)
        if not inside:
            assert np.isnan(found.confidence[number]) and np.isnan(found.accuracy[number])
            continue
        confidence, correct = np.mean(inside, axis=0)
        assert found.confidence[number] == pytest.approx(confidence)
        assert found.accuracy[number] == pytest.approx(correct)
        error += len(inside) / len(predicted) * abs(confidence - correct)
    assert found.error == pytest.approx(error)


@pytest.mark.parametrize(
    ("confidence", "correct", "error"),
    [
        ([1.0] * 4, [True] * 4, 0.0),
        ([1.0] * 4, [False] * 4, 1.0),
        ([0.75] * 4, [True, True, True, False], 0.0),
        ([0.95] * 2 + [0.25] * 2, [True, False, False, False], 0.35),
    ],
)
def test_worked_by_hand(confidence, correct, error):
    assert calibration(predictions_with(confidence, correct)).error == pytest.approx(error)
