"""Calibration: whether a network that says 90 % is right nine times in ten."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.predictions.predict import Reading

BINS = 10  # of equal width, from 0 to 1; the last has its upper edge


class Calibration(NamedTuple):
    pictures: NDArray[np.int64]  # (BINS,) of which it was so sure
    sureness: NDArray[np.float64]  # (BINS,) how sure on average; NaN without pictures
    accuracy: NDArray[np.float64]  # (BINS,) share read right; NaN likewise

    @property
    def error(self) -> float:
        """The expected calibration error, 0–1: how far sureness and accuracy lie apart, on average
        over the pictures (Guo et al. 2017, eq. 3)."""
        there = self.pictures > 0
        apart = np.abs(self.accuracy - self.sureness)[there]
        return float(np.average(apart, weights=self.pictures[there]))


def calibration(reading: Reading) -> Calibration:
    """Of at least one picture."""
    place = np.minimum((reading.sureness * BINS).astype(np.intp), BINS - 1)
    pictures = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        sureness = np.bincount(place, reading.sureness, BINS) / pictures
        accuracy = np.bincount(place, reading.right, BINS) / pictures
    return Calibration(pictures, sureness, accuracy)
