"""Reading and writing labeled pictures; the path says which format."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from nn.data.dataset import Dataset, cached
from nn.data.formats import idx, kaggle_csv, npz
from nn.errors import UserError
from nn.support.progress import Progress

SUPPORTED_FORMATS = (
    "an IDX file of pictures (named …-images-idx3-ubyte or ….gz, its labels beside it), a .csv, "
    "an .npz or a folder of pictures"
)
VERSION = 2  # raise when the same files are read as other pictures: it names the cache

log = logging.getLogger(__name__)


def read(
    path: Path, complain: Callable[[str], object] = log.warning, progress: Progress = iter
) -> Dataset:
    """The labeled pictures at ``path``.

    ``complain`` takes a sentence for each picture of a folder that is left out. Raises UserError
    naming the file when it is absent, damaged, or no such thing at all.
    """
    kind = _kind(path)
    if kind == "folder":
        from nn.data.formats import image_folder

        return image_folder.read(path, complain, progress)
    if not os.path.isfile(path):
        raise UserError(f"{path} is not there, or is no file.")
    if kind == "csv":
        return kaggle_csv.read(path, progress)
    return npz.read(path) if kind == "npz" else idx.read(path)


def write(dataset: Dataset, path: Path, progress: Progress = iter) -> None:
    """Write the pictures to ``path``, whole or not at all.

    A file that is there is replaced. Raises UserError for a folder that is not empty, or where
    nothing can be written.
    """
    path, kind = path.resolve(), _kind(path)
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
    """As ``read``, decoded once and memory-mapped until a file of it changes."""
    path = path.resolve()
    if _kind(path) == "folder":
        from nn.data.formats import image_folder

        files = image_folder.files(path)
    else:
        files = [path, idx.labels_of(path)] if "idx3" in path.name else [path]
    try:
        facts = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}.") from None
    key = f"files-{_digest(str(path))}-{_digest(VERSION, facts)}"
    return cached(key, lambda: read(path), name)


def _digest(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if os.path.isdir(path):  # where Path.is_dir raises, this is False
        return "folder"
    if suffix in (".csv", ".npz"):
        return suffix[1:]
    if "idx3" in path.name:
        return "idx"
    if not suffix and "idx1" not in path.name and not os.path.exists(path):
        return "folder"
    raise UserError(f"{path}: expected {SUPPORTED_FORMATS}.")
