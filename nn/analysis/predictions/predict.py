"""Reading: what a network answers to a set of labeled pictures, and how sure it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import said, sums
from nn.layers import Array
from nn.network import Network


class Reading(NamedTuple):
    """n pictures."""

    labels: NDArray[np.uint8]  # (n,) the truth
    probabilities: NDArray[np.float32]  # (n, 10); of sigmoid outputs ten separate ones
    answers: NDArray[np.intp]  # (n,) the most likely digit
    sureness: NDArray[np.float32]  # (n,) its probability

    @property
    def right(self) -> NDArray[np.bool_]:
        equal: NDArray[np.bool_] = self.answers == self.labels
        return equal


def read(network: Network, images: Array, labels: Array) -> Reading:
    """images: (n, 28, 28) uint8; labels: (n,). Raises UserError for a network that has diverged."""
    last = len(network.sizes) - 2
    z = sums(network, images, last)
    probabilities = said(network, last, z)
    # The answer is that of the sums: far from 0, probabilities round to the same number.
    answers = z.argmax(axis=1)
    return Reading(labels, probabilities, answers, probabilities[np.arange(len(z)), answers])


def mistakes(reading: Reading) -> NDArray[np.intp]:
    """The pictures that are read wrong, those first of which the network is surest."""
    return _surest(reading, ~reading.right)


def cell(reading: Reading, truth: int, answer: int) -> NDArray[np.intp]:
    """The pictures of one digit that are read as another, or as itself, surest first."""
    return _surest(reading, (reading.labels == truth) & (reading.answers == answer))


def _surest(reading: Reading, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    found = np.flatnonzero(chosen)
    return found[np.argsort(-reading.sureness[found], kind="stable")]
