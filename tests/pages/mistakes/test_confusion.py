"""The gallery beside the confusion matrix: which images it shows, and in which order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pages.mistakes import confusion
from pages.mistakes.state import ANY
from tests.pages.mistakes.predictions import random_predictions


@pytest.mark.parametrize(("actual", "predicted"), list(itertools.product([ANY, 0, 4, 9], repeat=2)))
def test_the_images_of_a_cell_row_or_column_come_most_confident_first(actual, predicted):
    predictions = random_predictions()
    pairs = zip(predictions.labels, predictions.predicted, strict=True)
    expected = {
        row
        for row, (label, digit) in enumerate(pairs)
        if actual in (ANY, label) and predicted in (ANY, digit)
        if label != digit or ANY not in (actual, predicted)
    }
    rows = confusion.select(predictions, actual, predicted)
    assert set(rows.tolist()) == expected and len(rows) == len(expected)
    assert (np.diff(predictions.confidence[rows]) <= 0).all()
