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

NAMES = ("mnist", "strokes")


def default() -> str:
    """``mnist`` where it is on this computer, else ``strokes``: nothing is downloaded unasked."""
    return "mnist" if mnist.find() else "strokes"


def resolve(data: str) -> str:
    """A dataset's name as it is, a path from the root: a run's worker may stand elsewhere.

    Raises UserError when it is neither a name nor is anything there.
    """
    if data in NAMES:
        return data
    path = os.path.expanduser(data)
    if not os.path.exists(path):
        raise UserError(
            f"data must be one of {', '.join(NAMES)}, or {any_format.KINDS}; there is no {data!r}."
        )
    return os.path.abspath(path)


def load(data: str, validation: int, seed: int, also: str = "") -> Splits:
    """The pictures of a dataset by name, or at a path, in three parts; ``also``, those of an .npz
    of one's own are learned beside them.

    MNIST, strokes and a folder with files named as MNIST's have a test set; the last ``validation``
    training pictures are held out. Others are split 80/10/10 by ``seed``; with ``validation`` 0
    none are held out there either. Raises UserError for what is absent or corrupt.
    """
    splits = _splits(data, validation, seed)
    if also:
        splits = replace(splits, train=extra_data.beside(splits.train, extra_data.read(Path(also))))
    return splits


def _splits(data: str, validation: int, seed: int) -> Splits:
    if data == "strokes":
        return hold_out(*handwriting.load(), validation)
    if data == "mnist":
        return hold_out(*mnist.load(), validation)
    path = Path(resolve(data))
    if mnist.holds(path):
        return hold_out(*mnist.load(path), validation)
    return split(any_format.load(path, path.name), seed, validation > 0)


def to_test(data: str) -> Dataset:
    """The test pictures of a dataset that has such; of any other, all. Raises as ``load``."""
    path = Path(resolve(data))
    if data in NAMES or mnist.holds(path):
        return load(data, 0, 0).test
    return any_format.load(path, path.name)
