"""A prediction in words that are as confident as its probabilities."""

from __future__ import annotations

import numpy as np

from nn.layers import Array
from nn.models.pretrained import Prediction
from pages.common.numbers import percent

MAX_CONFIDENCE = 0.9999  # shown; a probability may round to 1
CONFIDENT, LIKELY = 0.9, 0.6  # probabilities from which on the words are firmer

BLANK = "Nothing drawn yet"
REJECTED = "This does not look like a digit"


def title_and_caption(prediction: Prediction, blank: bool) -> tuple[str, str]:
    """blank: there is no digit to classify."""
    if blank:
        return BLANK, "The prediction appears as soon as you lift the pen."
    if prediction.rejected:
        return REJECTED, f"Closest digit: {prediction.predicted}"
    confidence = percent(min(prediction.confidence, MAX_CONFIDENCE))
    return in_words(prediction.probabilities), f"Confidence {confidence}"


def in_words(probabilities: Array) -> str:
    """probabilities: (10,) → "Looks like a 5", "Probably a 5, maybe a 3" or "Not sure: 5?"."""
    second, first = (int(digit) for digit in np.argsort(probabilities, kind="stable")[-2:])
    if probabilities[first] >= CONFIDENT:
        return f"Looks like {a(first)}"
    if probabilities[first] >= LIKELY:
        return f"Probably {a(first)}, maybe {a(second)}"
    return f"Not sure: {first}?"


def a(digit: int) -> str:
    """The digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"
