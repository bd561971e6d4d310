"""Extra data: a few labeled images, saved as a file and added to a large training set."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np

from nn.data.dataset import Dataset
from nn.data.formats import npz
from nn.errors import UserError
from nn.support import limits, paths

# Extra images are repeated until they are about this share of an epoch: with a larger share the
# network forgets the other images, with a smaller one it hardly learns the extra ones.
TARGET_SHARE = 0.1
MAX_REPEATS = 100  # a few images repeated more often would only be memorized


def save(extra: Dataset) -> Path:
    """Save the images unless they already are, and return their file. Raises UserError.

    The file is named after a hash of its content, so a run's extra data never changes.
    """
    content = sha256(extra.images.tobytes() + extra.labels.tobytes()).hexdigest()
    path = paths.extra_data(f"{content[:32]}.npz")
    if not path.exists():
        npz.write(extra, path)
    return path


def read(path: Path) -> Dataset:
    """Raises UserError if the file is missing or invalid, or has too many images."""
    if not path.exists():
        raise UserError(f"Extra data not found: there is no file {path.name}.")
    extra = npz.read(path, limits.EXTRA_IMAGES + 1)
    if len(extra) > limits.EXTRA_IMAGES:
        raise UserError(
            f"{path} has more than {limits.EXTRA_IMAGES:,} images, the limit for extra data. Use "
            "it as the dataset."
        )
    return extra


def add_to(train: Dataset, extra: Dataset) -> Dataset:
    """The training images, followed by repetitions of all extra images; see TARGET_SHARE."""
    target = len(train) * TARGET_SHARE / (1 - TARGET_SHARE)
    repeats = min(MAX_REPEATS, max(1, round(target / len(extra))))
    return Dataset(
        np.concatenate([train.images, *[extra.images] * repeats]),
        np.concatenate([train.labels, *[extra.labels] * repeats]),
        train.name,
    )
