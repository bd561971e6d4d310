"""Datasets: labeled images and their split into training, validation and test set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn import IMAGE_SIDE
from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.paths import cache

MAX_IMAGES = 1_000_000  # per file: 784 MB once decoded

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dataset:
    """images: (n, 28, 28) uint8, bright strokes on 0; labels: (n,) uint8, 0 to 9.

    Both may be memory maps.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    name: str

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> Dataset:
        return Dataset(self.images[rows], self.labels[rows], self.name)


@dataclass(frozen=True)
class Splits:
    """Train on ``train``, choose hyperparameters by ``validation``, report results on ``test``."""

    train: Dataset
    validation: Dataset
    test: Dataset


def validated(
    images: NDArray[Any], labels: NDArray[Any], name: str, sources: tuple[object, object]
) -> Dataset:
    """A Dataset from the arrays of a file, which may be integers of any type.

    sources: what to call images and labels in error messages, such as their files. Raises UserError
    unless there is at least one image and every image is 28 × 28 and has a label from 0 to 9.
    """
    images_source, labels_source = sources
    if images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
        shape = " × ".join(map(str, images.shape)) or "a single number"
        raise UserError(
            f"{images_source}: expected images of 28 × 28 pixels, (n, 28, 28); got {shape}."
        )
    if labels.shape != images.shape[:1]:
        raise UserError(
            f"{images_source} has {len(images):,} images but {labels_source} has {labels.size:,} "
            "labels: the two do not belong together, or one is truncated."
        )
    if not len(images):
        raise UserError(f"{images_source} has no images; expected at least one.")
    for array, kind, maximum, source in (
        (images, "pixels", 255, images_source),
        (labels, "labels", 9, labels_source),
    ):
        low, high = array.min(), array.max()
        if low < 0 or high > maximum:
            value = low if low < 0 else high
            raise UserError(f"{source}: expected {kind} from 0 to {maximum}, got {value}.")
    return Dataset(images.astype(np.uint8, copy=False), labels.astype(np.uint8, copy=False), name)


def hold_out(train: Dataset, test: Dataset, validation_size: int) -> Splits:
    """The last ``validation_size`` training images become the validation set, which may be empty.

    Raises UserError if no training images are left.
    """
    train_size = len(train) - validation_size
    if train_size < 1:
        raise UserError(
            f"{train.name} has {len(train):,} training images; a validation set of "
            f"{validation_size:,} leaves none to learn from. Choose a smaller validation size."
        )
    return Splits(train[:train_size], train[train_size:], test)


def split(dataset: Dataset, seed: int, with_validation: bool) -> Splits:
    """Split at random into 80 % training, 10 % validation and 10 % test images.

    Without validation, the training set gets those 10 % as well; the test set stays the same.
    Raises UserError for fewer than ten images.
    """
    tenth = len(dataset) // 10
    if not tenth:
        raise UserError(
            f"{dataset.name} has {len(dataset)} images; at least 10 are needed, because a tenth is "
            "held out for testing."
        )
    order = np.random.default_rng(seed).permutation(len(dataset))
    parts = np.split(order, [tenth, 2 * tenth if with_validation else tenth])
    test, validation, train = (dataset[np.sort(rows)] for rows in parts)
    return Splits(train, validation, test)


def cached(key: str, make: Callable[[], Dataset], name: str) -> Dataset:
    """The dataset that ``make()`` returns: made once, then memory-mapped from the cache.

    ``key`` is an identifier, a dash and a version, which must change whenever the result of
    ``make`` changes. A new version deletes the older ones. Several processes may make the same
    dataset at once: each writes its own files and moves them into place. When they cannot be
    written, as on a full disk, the dataset stays in memory.
    """
    images, labels = cache(f"{key}-images.npy"), cache(f"{key}-labels.npy")
    if not (images.exists() and labels.exists()):
        dataset = make()
        # Labels last: if they exist, both files are complete.
        try:
            for path, array in ((images, dataset.images), (labels, dataset.labels)):
                with replacing(path) as part, open(part, "wb") as file:
                    np.save(file, array)
        except UserError as error:
            log.warning("The data is not kept for the next time: %s", error)
            return replace(dataset, name=name)
        for old in images.parent.glob(f"{key.rpartition('-')[0]}-*.npy"):
            if old not in (images, labels):
                with suppress(OSError):  # Windows cannot delete what another process has mapped
                    old.unlink()
    return Dataset(np.load(images, mmap_mode="r"), np.load(labels, mmap_mode="r"), name)
