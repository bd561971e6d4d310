"""Confusion matrix: how often each digit is predicted as each digit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.layers import Array

DIGITS = 10


class Confusion(NamedTuple):
    counts: NDArray[np.int64]  # (10, 10): row: actual digit; column: predicted digit

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    @property
    def correct(self) -> int:
        return int(self.counts.trace())

    @property
    def accuracy(self) -> float:
        """0–1."""
        return self.correct / self.total

    @property
    def accuracy_per_digit(self) -> list[float | None]:
        """0–1; None for a digit without images."""
        totals = self.counts.sum(axis=1).tolist()
        correct = self.counts.diagonal().tolist()
        return [c / total if total else None for c, total in zip(correct, totals, strict=True)]


def confusion(labels: Array, predicted: Array) -> Confusion:
    """labels, predicted: (n,) digits, n at least 1."""
    pairs = labels.astype(np.intp) * DIGITS + predicted
    return Confusion(np.bincount(pairs, minlength=DIGITS**2).reshape(DIGITS, DIGITS))
