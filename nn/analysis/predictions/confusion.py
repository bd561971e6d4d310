"""Confusion: which digit is read as which."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.data import sources
from nn.layers import Array
from nn.metrics import CHUNK
from nn.network import Network, as_input
from nn.runs.store.store import RunStore
from nn.support.atomic_write import replacing

DIGITS = 10


class Confusion(NamedTuple):
    counts: NDArray[np.int64]  # (10, 10): of the pictures of a digit (row), those read as (column)

    @property
    def pictures(self) -> int:
        return int(self.counts.sum())

    @property
    def right(self) -> int:
        return int(self.counts.trace())

    @property
    def accuracy(self) -> float:
        """The share read right, 0–1."""
        return self.right / self.pictures

    @property
    def per_digit(self) -> list[float | None]:
        """The same for each digit; None for one of which there is no picture."""
        totals = self.counts.sum(axis=1).tolist()
        rights = self.counts.diagonal().tolist()
        return [r / total if total else None for r, total in zip(rights, totals, strict=True)]


def answers(network: Network, images: Array) -> NDArray[np.intp]:
    """The digit that the network finds most likely in each of ``images`` (n, 28, 28) uint8."""
    read = np.empty(len(images), np.intp)
    for start in range(0, len(images), CHUNK):
        x = as_input(images[start : start + CHUNK], network.parameters.dtype)
        network.logits(x).argmax(axis=1, out=read[start : start + CHUNK])
    return read


def confusion(network: Network, images: Array, labels: Array) -> Confusion:
    """images: (n, 28, 28) uint8; labels: (n,); n must be at least 1."""
    return count(labels, answers(network, images))


def count(labels: Array, read: Array) -> Confusion:
    """labels, and the digits ``read``: (n,), n at least 1."""
    pairs = labels.astype(np.intp) * DIGITS + read
    return Confusion(np.bincount(pairs, minlength=DIGITS**2).reshape(DIGITS, DIGITS))


def write_csv(found: Confusion, path: Path) -> None:
    """A line a digit: how many of its pictures were read as 0, 1, …, 9. Raises UserError."""
    with replacing(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["digit", *(f"read as {digit}" for digit in range(DIGITS))])
        table.writerows([digit, *row] for digit, row in enumerate(found.counts.tolist()))


@lru_cache(4096)
def of_frame(store: RunStore, run_id: str, step: int) -> Confusion:
    """On the run's own test set, the network as it was at a kept frame; computed when first asked.

    Raises UserError when there is no such frame, or the pictures are gone.
    """
    spec = store.run(run_id).spec
    network = spec.network()
    network.parameters[...] = store.snapshot(run_id, step).parameters
    test = sources.load(spec.dataset, spec.validation_size, spec.seed).test
    return confusion(network, test.images, test.labels)
