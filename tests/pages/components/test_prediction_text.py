"""Prediction text: words for every confidence."""

from __future__ import annotations

import numpy as np
import pytest

from pages.components.prediction_text import in_words, percent


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


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.99999, "99.99 %"), (0.995, "99.50 %"), (0.972, "97 %"),
     (0.004, "under 1 %"), (0.0, "0 %")],
)  # fmt: skip
def test_a_share_just_below_all_does_not_show_as_all(share, text):
    assert percent(share) == text
