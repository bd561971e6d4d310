"""Order: in which order a wall shows its neurons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.similarity import chain, cosines
from nn.analysis.neurons.statistics import Survey
from nn.layers import Array

Order = Callable[[Survey, Array], NDArray[np.intp]]  # (survey, pictures (n, 784)) → (n,)


def by_index(survey: Survey, pictures: Array) -> NDArray[np.intp]:
    return np.arange(len(pictures))


def by_norm(survey: Survey, pictures: Array) -> NDArray[np.intp]:
    """Strongest weights first."""
    return np.argsort(-survey.norm, kind="stable")


def by_firing(survey: Survey, pictures: Array) -> NDArray[np.intp]:
    """Most often first."""
    return np.argsort(-survey.firing, kind="stable")


def by_digit(survey: Survey, pictures: Array) -> NDArray[np.intp]:
    """By the digit they serve, those that serve it alone first."""
    return np.lexsort((-survey.selectivity, survey.serves))


def by_likeness(survey: Survey, pictures: Array) -> NDArray[np.intp]:
    """Look-alikes together. Raises UserError for too many neurons."""
    return chain(cosines(pictures))


ORDERS: dict[str, Order] = {
    "index": by_index,
    "norm": by_norm,
    "firing": by_firing,
    "digit": by_digit,
    "likeness": by_likeness,
}
