"""The verdict: ten probabilities in words, as sure as they are."""

from __future__ import annotations

import numpy as np

from nn.layers import Array
from nn.models.pretrained import Prediction

ALMOST = 0.9999  # no network is surer, though its probability may round to 1
SURE, LIKELY = 0.9, 0.6  # probabilities from which on it is said without a doubt, or with one

NOTHING = "Draw something"
NO_DIGIT = "That does not look like a digit"


def sentences(answer: Prediction, blank: bool) -> tuple[str, str]:
    """What is said of an answer, and below it; blank: there was nothing to read."""
    if blank:
        return NOTHING, "A network reads it as soon as you lift the pen."
    if answer.rejected:
        return NO_DIGIT, f"If it had to be one: {a(answer.predicted or 0)}."
    return words(answer.probabilities), f"{percent(min(answer.confidence, ALMOST))} sure"


def words(probabilities: Array) -> str:
    """probabilities: (10,). "Looks like a 5", "Probably a 5, maybe a 3", "I’m not sure: 5?"."""
    second, first = (int(digit) for digit in np.argsort(probabilities, kind="stable")[-2:])
    if probabilities[first] >= SURE:
        return f"Looks like {a(first)}"
    if probabilities[first] >= LIKELY:
        return f"Probably {a(first)}, maybe {a(second)}"
    return f"I’m not sure: {first}?"


def a(digit: int) -> str:
    """The digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def percent(share: float) -> str:
    """0–1 → "97 %"; what is not quite all or nothing never reads as if it were."""
    if 0.99 < share < 1:
        return f"{min(share, 0.9999):.2%}".replace("%", " %")
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{share:.0%}".replace("%", " %")
