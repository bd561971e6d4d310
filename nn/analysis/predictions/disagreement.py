"""Disagreement: which images one of two models classifies correctly and the other does not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.predictions.predict import Predictions


class Disagreement(NamedTuple):
    """Numbers of images, those of highest confidence first, of two models on the same images."""

    first_alone: NDArray[np.intp]  # only the first is right; by the confidence of the second
    second_alone: NDArray[np.intp]  # only the second is right; by the confidence of the first
    both_wrong: NDArray[np.intp]  # by the confidence of the first

    @property
    def p_value(self) -> float:
        """0–1: how often two models of equal accuracy differ at least this much by chance."""
        return mcnemar(len(self.first_alone), len(self.second_alone))


def disagreement(first: Predictions, second: Predictions) -> Disagreement:
    """first, second: of the same images, in the same order."""

    def ordered(chosen: NDArray[np.bool_], wrong: Predictions) -> NDArray[np.intp]:
        found = np.flatnonzero(chosen)
        return found[np.argsort(-wrong.confidence[found], kind="stable")]

    return Disagreement(
        ordered(first.correct & ~second.correct, second),
        ordered(second.correct & ~first.correct, first),
        ordered(~first.correct & ~second.correct, first),
    )


def mcnemar(first_alone: int, second_alone: int) -> float:
    """→ the p-value of McNemar's exact test (McNemar 1947, Note on the sampling error of the
    difference between correlated proportions; Dietterich 1998 recommends the test for two
    classifiers on one test set).

    first_alone, second_alone: images that only the one, or only the other, classifies correctly.
    Were both models equally accurate, each of these images would fall to either like a fair coin;
    the p-value is the probability of a split at least this uneven, in either direction.
    """
    total = first_alone + second_alone
    term = combined = 1  # C(total, k), and the sum of those so far: whole numbers of any size
    for k in range(1, min(first_alone, second_alone) + 1):
        term = term * (total - k + 1) // k
        combined += term
    return min(1.0, float(2 * combined / 2**total))
