"""Own: one's own few digits, kept as a file and learned beside the many of a dataset."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np

from nn.data.dataset import Dataset
from nn.data.formats import npz
from nn.errors import UserError
from nn.support import paths

# Own digits are repeated until they are about so much of an epoch: more, and the others are
# forgotten; less, and they are hardly learned. A few digits repeated more often than this would
# only be memorized.
SHARE, MOST = 0.1, 100


def save(digits: Dataset) -> Path:
    """The file with exactly these digits, made if it is missing. Raises UserError.

    Named by what is in it: what a run learned from stays what it was.
    """
    content = sha256(digits.images.tobytes() + digits.labels.tobytes()).hexdigest()
    path = paths.extra_data(f"{content[:32]}.npz")
    if not path.exists():
        npz.write(digits, path)
    return path


def read(path: Path) -> Dataset:
    """Raises UserError when it is gone, or no such file."""
    if not path.exists():
        raise UserError(f"The own digits to learn from are gone: there is no file {path.name}.")
    return npz.read(path)


def add_to(train: Dataset, digits: Dataset) -> Dataset:
    """The dataset's pictures, then the own ones, each so many times; see SHARE."""
    wanted = len(train) * SHARE / (1 - SHARE)
    times = min(MOST, max(1, round(wanted / len(digits))))
    return Dataset(
        np.concatenate([train.images, *[digits.images] * times]),
        np.concatenate([train.labels, *[digits.labels] * times]),
        train.name,
    )
