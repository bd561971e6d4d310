"""NumPy's .npz with the arrays ``images`` (n, 28, 28) and ``labels`` (n,)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nn import PIXELS
from nn.data.dataset import MAX_IMAGES, Dataset, validated
from nn.errors import UserError
from nn.support import safe_npz
from nn.support.atomic_write import replacing

ARRAYS = ("images", "labels")
MAX_BYTES = MAX_IMAGES * PIXELS


def read(path: Path, max_images: int | None = None) -> Dataset:
    """Integers of any type; the first ``max_images`` if there are more. Raises UserError."""
    with safe_npz.open_archive(path) as file:
        names = safe_npz.array_names(file)
        if not set(ARRAYS) <= set(names):
            found = ", ".join(names[:10]) or "none"
            raise UserError(f"{path}: expected the arrays images and labels, got {found}.")
        images, labels = (
            safe_npz.read_array(file, name, path, MAX_BYTES, max_images) for name in ARRAYS
        )
    for name, array in zip(ARRAYS, (images, labels), strict=True):
        if array.dtype.kind not in "ui":
            raise UserError(f"{path} ({name}): expected integers, got {array.dtype}.")
    return validated(images, labels, path.name, (f"{path} (images)", f"{path} (labels)"))


def write(dataset: Dataset, path: Path) -> None:
    """Write the compressed archive, replacing an existing file."""
    with replacing(path) as part, open(part, "wb") as file:
        np.savez_compressed(file, images=dataset.images, labels=dataset.labels)
