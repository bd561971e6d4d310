"""Prediction text: words for every confidence."""

from __future__ import annotations

import numpy as np
import pytest

from pages.components.prediction_text import in_words


def probabilities(first: int, confidence: float, second: int) -> np.ndarray:
    """``first`` with probability ``confidence``, ``second`` with nearly all that is left."""
    found = np.full(10, (1 - confidence) * 0.05 / 8)
    found[second] = (1 - confidence) * 0.95
    found[first] = confidence
    return found


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.999, "Looks like a 5"),
        (0.9, "Looks like a 5"),
        (0.89, "Probably a 5, maybe an 8"),
        (0.6, "Probably a 5, maybe an 8"),
        (0.55, "Not sure: 5?"),
    ],
)
def test_lower_confidence_is_put_in_more_careful_words(share, text):
    assert in_words(probabilities(5, share, 8)) == text


def test_articles_fit_and_equal_probabilities_give_no_firm_prediction():
    assert in_words(probabilities(8, 0.7, 3)) == "Probably an 8, maybe a 3"
    assert in_words(np.full(10, 0.1)).startswith("Not sure")
