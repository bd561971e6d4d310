"""The thumbnail of a prediction, and its percentages."""

from __future__ import annotations

import numpy as np
import pytest

from nn.data.dataset import Dataset
from pages.common.test_set import Pictures
from pages.components import prediction_card
from tests.pages.mistakes.predictions import random_predictions


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0.0 %"),
        (1e-6, "under 0.1 %"),
        (0.5, "50.0 %"),
        (0.9994, "99.9 %"),
        (0.99999, "over 99.9 %"),
        (1.0, "100.0 %"),
    ],
)
def test_a_share_that_is_not_quite_all_or_none_does_not_show_as_such(share, text):
    assert prediction_card.percent(share) == text


def test_a_thumbnail_shows_the_actual_and_the_predicted_digit():
    predictions = random_predictions()
    images = np.random.default_rng(1).integers(0, 256, (400, 28, 28)).astype(np.uint8)
    data = Pictures("k", "some", Dataset(images, predictions.labels, "some"), True)
    row = int(np.flatnonzero(~predictions.correct)[0])
    found = prediction_card.thumbnail(predictions, data, row)
    assert (found.label, found.predicted) == (predictions.labels[row], predictions.predicted[row])
    assert f"{found.label}, predicted {found.predicted}" == found.title
    assert found.probabilities[found.predicted] == max(found.probabilities)
