"""Datasets: labeled pictures in MNIST's frame, and their split for training."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.paths import cache

MOST_PICTURES = 1_000_000  # of a file: 784 MB once decoded


@dataclass(frozen=True)
class Dataset:
    """images: (n, 28, 28) uint8, ink bright; labels: (n,) uint8, 0–9; both may be memory maps."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    name: str

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> Dataset:
        return Dataset(self.images[rows], self.labels[rows], self.name)


@dataclass(frozen=True)
class Splits:
    """train is learned from, validation chooses between recipes, test is looked at last."""

    train: Dataset
    validation: Dataset
    test: Dataset


def checked(
    images: NDArray[Any], labels: NDArray[Any], name: str, where: tuple[object, object]
) -> Dataset:
    """A Dataset of what files held, which may be whole numbers of any kind.

    where: what to call images and labels in a sentence. Raises UserError unless there is at least
    one picture, every picture is 28 × 28 and has a label from 0 to 9.
    """
    pictures, names = where
    if images.shape[1:] != (28, 28):
        found = " × ".join(map(str, images.shape)) or "a single number"
        raise UserError(f"{pictures}: expected pictures of 28 × 28, (n, 28, 28); found {found}.")
    if labels.shape != images.shape[:1]:
        raise UserError(
            f"{pictures} has {len(images):,} pictures but {names} {labels.size:,} labels: "
            "they do not belong together, or one is cut off."
        )
    if not len(images):
        raise UserError(f"{pictures} has no pictures; expected at least one.")
    for array, what, most, place in (
        (images, "pixels", 255, pictures),
        (labels, "labels", 9, names),
    ):
        low, high = array.min(), array.max()
        if low < 0 or high > most:
            found = low if low < 0 else high
            raise UserError(f"{place}: expected {what} from 0 to {most}, found {found}.")
    return Dataset(images.astype(np.uint8, copy=False), labels.astype(np.uint8, copy=False), name)


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


def split(whole: Dataset, seed: int, validation: bool) -> Splits:
    """80 % to train on, 10 % for validation, 10 % to test, drawn by ``seed``.

    Without ``validation`` those 10 % are trained on too; the test set stays the same. Raises
    UserError for fewer than ten pictures.
    """
    tenth = len(whole) // 10
    if not tenth:
        raise UserError(
            f"{whole.name} has {len(whole)} pictures; at least 10 are needed, so that some can be "
            "kept apart to test with."
        )
    order = np.random.default_rng(seed).permutation(len(whole))
    parts = np.split(order, [tenth, 2 * tenth if validation else tenth])
    test, held_out, train = (whole[np.sort(rows)] for rows in parts)
    return Splits(train, held_out, test)


def cached(key: str, make: Callable[[], Dataset], name: str) -> Dataset:
    """The dataset that ``make()`` returns, made once and afterwards memory-mapped from the cache.

    ``key``: what it is, a dash, its version, which must change whenever what ``make`` returns
    would; a new version removes the older ones. Safe when several processes make the same one at
    once: each writes files of its own and moves them into place.
    """
    images, labels = cache(f"{key}-images.npy"), cache(f"{key}-labels.npy")
    if not (images.exists() and labels.exists()):
        made = make()
        # Labels last: their presence says that both are whole.
        for path, array in ((images, made.images), (labels, made.labels)):
            with replacing(path) as part, open(part, "wb") as file:
                np.save(file, array)
        for old in images.parent.glob(f"{key.rpartition('-')[0]}-*.npy"):
            if old not in (images, labels):
                with suppress(OSError):  # Windows keeps what another process has mapped
                    old.unlink()
    return Dataset(np.load(images, mmap_mode="r"), np.load(labels, mmap_mode="r"), name)
