"""Calibration: each bin as one counts it, picture by picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.predictions.calibration import calibration
from nn.analysis.predictions.predict import Reading


def reading(sureness, right):
    n = len(sureness)
    labels = np.zeros(n, np.uint8)
    answers = np.where(right, 0, 1)
    return Reading(labels, np.zeros((n, 10), np.float32), answers, np.array(sureness, np.float32))


@pytest.mark.filterwarnings("error")
@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1))
def test_every_picture_is_counted_in_the_bin_of_its_sureness(answers):
    found = calibration(reading(*zip(*answers, strict=True)))
    error = 0.0
    for number in range(10):
        inside = [
            (sure, right)
            for sure, right in answers
            if min(int(np.float32(sure) * np.float32(10)), 9) == number
        ]
        assert found.pictures[number] == len(inside)
        if not inside:
            assert np.isnan(found.sureness[number]) and np.isnan(found.accuracy[number])
            continue
        sure, right = np.mean(inside, axis=0)
        assert found.sureness[number] == pytest.approx(sure)
        assert found.accuracy[number] == pytest.approx(right)
        error += len(inside) / len(answers) * abs(sure - right)
    assert found.error == pytest.approx(error)


@pytest.mark.parametrize(
    ("sureness", "right", "error"),
    [
        ([1.0] * 4, [True] * 4, 0.0),
        ([1.0] * 4, [False] * 4, 1.0),
        ([0.75] * 4, [True, True, True, False], 0.0),
        ([0.95] * 2 + [0.25] * 2, [True, False, False, False], 0.35),
    ],
)
def test_worked_by_hand(sureness, right, error):
    assert calibration(reading(sureness, right)).error == pytest.approx(error)
