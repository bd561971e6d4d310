"""NumPy's .npz with the arrays ``images`` (n, 28, 28) and ``labels`` (n,)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nn.data.dataset import MOST_PICTURES, Dataset, checked
from nn.errors import UserError
from nn.support import safe_npz
from nn.support.atomic_write import replacing

ARRAYS = ("images", "labels")
MOST_BYTES = MOST_PICTURES * 784


def read(path: Path) -> Dataset:
    """Whole numbers of any kind. Raises UserError."""
    with safe_npz.open_archive(path) as file:
        names = safe_npz.array_names(file)
        if not set(ARRAYS) <= set(names):
            found = ", ".join(names[:10]) or "none"
            raise UserError(f"{path}: expected the arrays images and labels, found {found}.")
        images, labels = (safe_npz.read_array(file, name, path, MOST_BYTES) for name in ARRAYS)
    for name, array in zip(ARRAYS, (images, labels), strict=True):
        if array.dtype.kind not in "ui":
            raise UserError(f"{path} ({name}): expected whole numbers, found {array.dtype}.")
    return checked(images, labels, path.name, (f"{path} (images)", f"{path} (labels)"))


def write(dataset: Dataset, path: Path) -> None:
    with replacing(path) as part, open(part, "wb") as file:
        np.savez_compressed(file, images=dataset.images, labels=dataset.labels)
