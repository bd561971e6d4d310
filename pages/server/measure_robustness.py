"""Measure how robust networks are, in a thread beside the pages: one measurement at a time for the
whole server, because each takes a core for a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis import robustness
from nn.analysis.robustness import KINDS, Corrupted, accuracy, corrupted
from nn.data.dataset import Dataset
from nn.network import Network

MAX_IMAGES = 300  # of a test set: with all 1,000 of the model card it would take minutes

_thread = ThreadPoolExecutor(1, "robustness")


def sample(data: Dataset) -> NDArray[np.intp]:
    """The rows of the test set that are measured."""
    return robustness.sample(data.labels, MAX_IMAGES)


class Measured(NamedTuple):
    """A network, and its accuracy on each kind of corruption so far."""

    network: Network
    accuracies: dict[str, float]

    @property
    def is_complete(self) -> bool:
        return len(self.accuracies) == len(KINDS)


class Measurement:
    """Fills the accuracies of networks on a test set, from when it is created on.

    corrupted_images: of the test set; filled as well, so that they are made only once. What is
    filled already is not computed again.
    """

    def __init__(
        self,
        data: Dataset,
        corrupted_images: dict[str, Corrupted],
        networks: Sequence[Measured],
    ) -> None:
        self._data, self._corrupted, self._networks = data, corrupted_images, networks
        self._canceled = Event()
        self._future = _thread.submit(self._measure)

    @property
    def is_waiting(self) -> bool:
        """For other measurements."""
        return not (self._future.running() or self._future.done())

    @property
    def is_done(self) -> bool:
        return self._future.done()

    @property
    def progress(self) -> float:
        """0–1"""
        return min(len(one.accuracies) for one in self._networks) / len(KINDS)

    def cancel(self) -> None:
        """Stop before the next kind of corruption. What has been filled stays."""
        self._canceled.set()
        self._future.cancel()

    def check(self) -> None:
        """Raises what ended the measurement too early, if anything did."""
        if self.is_done and not self._future.cancelled():
            self._future.result()

    def _measure(self) -> None:
        rows = sample(self._data)
        images, labels = self._data.images[rows], self._data.labels[rows]
        for kind in KINDS:
            if self._canceled.is_set():
                return
            if kind not in self._corrupted:
                self._corrupted[kind] = corrupted(images, kind)
            for network, accuracies in self._networks:
                if kind not in accuracies:
                    accuracies[kind] = accuracy(network, self._corrupted[kind], labels)
