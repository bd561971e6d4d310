"""Read and write labeled images in the format that the path implies."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nn.data.dataset import Dataset, cached
from nn.data.formats import idx, kaggle_csv, npz
from nn.errors import UserError
from nn.support.progress import Progress

if TYPE_CHECKING:  # Pillow is imported when it is needed
    from nn.data.formats.image_files import PixelBudget

SUPPORTED_FORMATS = (
    "an IDX file of images (named …-images-idx3-ubyte or ….gz, with its labels file in the same "
    "folder), a .csv, an .npz or a folder of images"
)
VERSION = 2  # part of the cache key: increase it when the same files decode to different images

log = logging.getLogger(__name__)


def read(
    path: Path,
    warn: Callable[[str], object] = log.warning,
    progress: Progress = iter,
    max_images: int | None = None,
    budget: PixelBudget | None = None,
) -> Dataset:
    """The labeled images at ``path``; the first ``max_images`` if there are more.

    ``warn`` receives a message for each image of a folder that is skipped, and when ``budget``
    allows no more. Raises UserError naming a file that is missing, damaged or not in a supported
    format.
    """
    kind = _format(path)
    if kind == "folder":
        from nn.data.formats import image_folder

        return image_folder.read(path, warn, progress, max_images, budget)
    if not os.path.isfile(path):
        raise UserError(f"{path} does not exist or is not a file.")
    if kind == "csv":
        return kaggle_csv.read(path, progress, max_images)
    return npz.read(path, max_images) if kind == "npz" else idx.read(path, max_images)


def write(dataset: Dataset, path: Path, progress: Progress = iter) -> None:
    """Write the images to ``path``, completely or not at all.

    Replaces an existing file. Raises UserError for a folder that is not empty, and when writing
    fails.
    """
    path, kind = path.resolve(), _format(path)
    if kind == "folder":
        from nn.data.formats import image_folder

        image_folder.write(dataset, path, progress)
    elif kind == "csv":
        kaggle_csv.write(dataset, path, progress)
    elif kind == "npz":
        npz.write(dataset, path)
    else:
        idx.write(dataset, path, progress)


def load(path: Path, name: str) -> Dataset:
    """Like ``read``, but decoded once and memory-mapped until one of the files changes."""
    path = path.resolve()
    if _format(path) == "folder":
        from nn.data.formats import image_folder

        files = image_folder.list_files(path)
    else:
        files = [path, idx.labels_path(path)] if "idx3" in path.name else [path]
    try:
        stats = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}.") from None
    key = f"files-{_digest(str(path))}-{_digest(VERSION, stats)}"
    return cached(key, lambda: read(path), name)


def _digest(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    if os.path.isdir(path):  # False where Path.is_dir raises
        return "folder"
    if suffix in (".csv", ".npz"):
        return suffix[1:]
    if "idx3" in path.name:
        return "idx"
    if not suffix and "idx1" not in path.name and not os.path.exists(path):
        return "folder"
    raise UserError(f"{path}: expected {SUPPORTED_FORMATS}.")
