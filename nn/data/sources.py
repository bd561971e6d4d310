"""Sources: a dataset's name, or where one's own is → its pictures, split and ready to train on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from nn.data import extra_data, mnist
from nn.data.dataset import Dataset, Splits, hold_out, split
from nn.data.formats import any_format
from nn.data.synthetic import handwriting
from nn.errors import UserError

DATASETS = ("mnist", "strokes")


def default_dataset() -> str:
    """``mnist`` where it is on this computer, else ``strokes``: nothing is downloaded unasked."""
    return "mnist" if mnist.find() else "strokes"


def resolve_dataset(data: str) -> str:
    """A dataset's name as it is, a path from the root: a run's worker may stand elsewhere.

    Raises UserError when it is neither a name nor is anything there.
    """
    if data in DATASETS:
        return data
    path = os.path.expanduser(data)
    if not os.path.exists(path):
        raise UserError(
            f"dataset must be one of {', '.join(DATASETS)}, or {any_format.SUPPORTED_FORMATS}; "
            f"there is no {data!r}."
        )
    return os.path.abspath(path)


def load_splits(data: str, validation: int, seed: int, also: str = "") -> Splits:
    """The pictures of a dataset by name, or at a path, in three parts; ``also``, those of an .npz
    of one's own are learned beside them.

    MNIST, strokes and a folder with files named as MNIST's have a test set; the last ``validation``
    training pictures are held out. Others are split 80/10/10 by ``seed``; with ``validation`` 0
    none are held out there either. Raises UserError for what is absent or corrupt.
    """
    splits = _splits(data, validation, seed)
    if also:
        splits = replace(splits, train=extra_data.add_to(splits.train, extra_data.read(Path(also))))
    return splits


def _splits(data: str, validation: int, seed: int) -> Splits:
    if data == "strokes":
        return hold_out(*handwriting.load(), validation)
    if data == "mnist":
        return hold_out(*mnist.load(), validation)
    path = Path(resolve_dataset(data))
    if mnist.is_complete(path):
        return hold_out(*mnist.load(path), validation)
    return split(any_format.load(path, path.name), seed, validation > 0)


def load_test_set(data: str) -> Dataset:
    """The test pictures of a dataset that has such; of any other, all. Raises as ``load``."""
    path = Path(resolve_dataset(data))
    if data in DATASETS or mnist.is_complete(path):
        return load_splits(data, 0, 0).test
    return any_format.load(path, path.name)
