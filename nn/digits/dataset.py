"""Datasets: labelled pictures in MNIST's frame, and their split for training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import UserError
from nn.home import cache


@dataclass(frozen=True)
class Dataset:
    """images: (n, 28, 28) uint8, ink bright; labels: (n,) uint8, 0–9; both may be memory maps."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    name: str

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice) -> Dataset:
        return Dataset(self.images[rows], self.labels[rows], self.name)


@dataclass(frozen=True)
class Splits:
    """train is learned from, validation chooses between recipes, test is looked at last."""

    train: Dataset
    validation: Dataset
    test: Dataset


def hold_out(train: Dataset, test: Dataset, validation: int) -> Splits:
    """The last ``validation`` training pictures become the validation set (0: an empty one).

    Raises UserError when that would leave nothing to train on.
    """
    kept = len(train) - validation
    if kept < 1:
        raise UserError(
            f"{train.name} has {len(train):,} training pictures; holding out {validation:,} for "
            "validation leaves none to learn from. Choose a smaller --validation."
        )
    return Splits(train[:kept], train[kept:], test)


def cached(key: str, make: Any, name: str) -> Dataset:
    """The dataset that ``make()`` returns, made once and afterwards memory-mapped from the cache.

    ``key`` must change whenever what ``make`` returns would. Safe when several processes make the
    same one at once: each writes files of its own and moves them into place.
    """
    images, labels = cache(f"{key}-images.npy"), cache(f"{key}-labels.npy")
    if not (images.exists() and labels.exists()):
        made: Dataset = make()
        # Labels last: their presence says that both are whole.
        for path, array in ((images, made.images), (labels, made.labels)):
            part = path.with_name(f"{path.name}.{np.random.SeedSequence().entropy:x}.part")
            with open(part, "wb") as file:
                np.save(file, array)
            part.replace(path)
    return Dataset(np.load(images, mmap_mode="r"), np.load(labels, mmap_mode="r"), name)
