"""The thumbnail of a prediction."""

from __future__ import annotations

import numpy as np

from nn.data.dataset import Dataset
from pages.common.test_set import ImageSet
from pages.components import prediction_card
from tests.pages.mistakes.predictions import random_predictions


def test_a_thumbnail_shows_the_actual_and_the_predicted_digit():
    predictions = random_predictions()
    images = np.random.default_rng(1).integers(0, 256, (400, 28, 28)).astype(np.uint8)
    data = ImageSet("k", "some", Dataset(images, predictions.labels, "some"), True)
    row = int(np.flatnonzero(~predictions.correct)[0])
    found = prediction_card.thumbnail(predictions, data, row)
    assert (found.label, found.predicted) == (predictions.labels[row], predictions.predicted[row])
    assert f"{found.label}, predicted {found.predicted}" == found.title
    assert found.probabilities[found.predicted] == max(found.probabilities)
