"""Predictions equal those for one image at a time; mistakes are sorted by confidence."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions import predict as module
from nn.analysis.predictions.predict import (
    Predictions,
    confusion_cell,
    mistakes,
    predict,
    predicted_digits,
)
from nn.errors import UserError
from tests.networks import KINDS, SHAPES, diverged, make


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
def test_a_batch_is_predicted_like_one_image_at_a_time(
    hidden, activation, output, noise, monkeypatch
):
    network, shown = make(hidden, activation, output), noise(30)
    found = predict(network, shown.images, shown.labels)
    for n, image in enumerate(shown.images):
        [alone] = network.probabilities(image[np.newaxis])
        np.testing.assert_allclose(found.probabilities[n], alone, atol=1e-5)
        assert found.predicted[n] == alone.argmax()
        assert found.confidence[n] == pytest.approx(alone.max(), abs=1e-5)
        assert found.correct[n] == (alone.argmax() == shown.labels[n])
    monkeypatch.setattr(module, "CHUNK", 7)  # several chunks, the last one short
    np.testing.assert_array_equal(found.predicted, predicted_digits(network, shown.images))


def test_the_most_confident_come_first(noise):
    shown = noise(80)
    found = predict(make(), shown.images, shown.labels)
    numbers = range(80)
    wrong = [n for n in numbers if found.predicted[n] != shown.labels[n]]
    assert mistakes(found).tolist() == sorted(wrong, key=lambda n: -found.confidence[n])
    seen = []
    for actual in range(10):
        for predicted in range(10):
            expected = [
                n for n in numbers if (shown.labels[n], found.predicted[n]) == (actual, predicted)
            ]
            chosen = confusion_cell(found, actual, predicted).tolist()
            assert chosen == sorted(expected, key=lambda n: -found.confidence[n])
            seen += chosen
    assert sorted(seen) == list(numbers)


def test_without_mistakes_both_lists_are_empty():
    confidence = np.array([0.9, 0.8], np.float32)
    labels = np.array([3, 4])
    perfect = Predictions(
        labels.astype(np.uint8), np.zeros((2, 10), np.float32), labels, confidence
    )
    assert not len(mistakes(perfect)) and not len(confusion_cell(perfect, 3, 4))


@pytest.mark.filterwarnings("error")
def test_a_diverged_network_raises_a_user_error(noise):
    shown = noise(3)
    with pytest.raises(UserError, match="diverged"):
        predict(diverged(), shown.images, shown.labels)
