"""Calibration: whether predictions made with 90 % confidence are correct nine times in ten."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.predictions.predict import Predictions

BINS = 10  # of equal width, from 0 to 1; the last has its upper edge


class Calibration(NamedTuple):
    counts: NDArray[np.int64]  # (BINS,) images in each bin of confidence
    confidence: NDArray[np.float64]  # (BINS,) mean confidence; NaN for an empty bin
    accuracy: NDArray[np.float64]  # (BINS,) 0–1; NaN for an empty bin

    @property
    def error(self) -> float:
        """The expected calibration error (ECE), 0–1: the gap between confidence and accuracy,
        averaged over the images (Guo et al. 2017, eq. 3)."""
        filled = self.counts > 0
        gap = np.abs(self.accuracy - self.confidence)[filled]
        return float(np.average(gap, weights=self.counts[filled]))


def calibration(predictions: Predictions) -> Calibration:
    """predictions: of at least one image."""
    bins = np.minimum((predictions.confidence * BINS).astype(np.intp), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(bins, predictions.confidence, BINS) / counts
        accuracy = np.bincount(bins, predictions.correct, BINS) / counts
    return Calibration(counts, confidence, accuracy)
