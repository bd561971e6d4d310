"""The verdict: words for every confidence."""

from __future__ import annotations

import numpy as np
import pytest

from pages.components.prediction_text import percent, words


def sure(first: int, share: float, second: int) -> np.ndarray:
    """``first`` with probability ``share``, ``second`` with most of the rest."""
    found = np.full(10, (1 - share) * 0.05 / 8)
    found[second] = (1 - share) * 0.95
    found[first] = share
    return found


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.999, "Looks like a 5"),
        (0.9, "Looks like a 5"),
        (0.89, "Probably a 5, maybe an 8"),
        (0.6, "Probably a 5, maybe an 8"),
        (0.55, "I’m not sure: 5?"),
    ],
)
def test_less_sure_is_said_with_more_doubt(share, said):
    assert words(sure(5, share, 8)) == said


def test_an_eight_is_an_eight_and_all_alike_is_no_answer():
    assert words(sure(8, 0.7, 3)) == "Probably an 8, maybe a 3"
    assert words(np.full(10, 0.1)).startswith("I’m not sure")


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100 %"), (0.99999, "99.99 %"), (0.995, "99.50 %"), (0.972, "97 %"),
     (0.004, "under 1 %"), (0.0, "0 %")],
)  # fmt: skip
def test_nearly_certain_is_not_certain(share, said):
    assert percent(share) == said
