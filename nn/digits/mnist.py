"""MNIST (LeCun, Cortes, Burges 1998): 60,000 handwritten digits to train on, 10,000 to test."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from nn.digits.dataset import Dataset, cached
from nn.digits.formats import read_idx
from nn.errors import UserError
from nn.home import home

HOW_TO_GET = (
    "To train on MNIST, put its four files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz,"
    " t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) into a folder and set"
    " DIGITSCOPE_DATA to it."
)


def find() -> Path | None:
    """The folder with MNIST's four files: ``$DIGITSCOPE_DATA``, else the cache, else None."""
    for folder in (os.environ.get("DIGITSCOPE_DATA"), str(home() / "mnist")):
        if folder and all(_file(Path(folder), part, kind) for part, kind in _PARTS):
            return Path(folder)
    return None


def load() -> tuple[Dataset, Dataset]:
    """(training set, test set), memory-mapped. Raises UserError when absent or corrupt."""
    folder = find()
    if folder is None:
        raise UserError(f"MNIST is not on this computer. {HOW_TO_GET} Or train on strokes.")
    return _load(folder, "train"), _load(folder, "t10k")


_PARTS = (("train", "images"), ("train", "labels"), ("t10k", "images"), ("t10k", "labels"))


def _file(folder: Path, part: str, kind: str) -> Path | None:
    stem = f"{part}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
    return next((p for p in (folder / f"{stem}.gz", folder / stem) if p.is_file()), None)


def _load(folder: Path, part: str) -> Dataset:
    paths = [_file(folder, part, kind) for kind in ("images", "labels")]
    assert paths[0] and paths[1]  # find() saw them
    images, labels = paths[0], paths[1]

    def read() -> Dataset:
        x, y = read_idx(images, 3), read_idx(labels, 1)
        if x.shape[1:] != (28, 28):
            raise UserError(f"{images}: expected pictures of 28 × 28, found {x.shape[1:]}.")
        if len(x) != len(y):
            raise UserError(f"{images} has {len(x):,} pictures but {labels} {len(y):,} labels.")
        if len(y) == 0 or y.max() > 9:
            raise UserError(f"{labels}: expected labels from 0 to 9, found {np.unique(y)[-1:]}.")
        return Dataset(x, y, "mnist")

    # The files' own place, size and date, so that exchanged files are decoded afresh.
    facts = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in (images, labels)]
    return cached(
        f"mnist-{part}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:12]}", read, "mnist"
    )
