"""Sources: load a dataset by its name or from the user's files, split and ready for training."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from nn.data import extra_data, mnist
from nn.data.dataset import Dataset, Splits, hold_out, split
from nn.data.formats import any_format
from nn.data.synthetic import handwriting
from nn.errors import UserError

DATASETS = ("mnist", "strokes")  # strokes: the built-in synthetic digits


def default_dataset() -> str:
    """``mnist`` if it is on this computer, else ``strokes``: nothing is downloaded unasked."""
    return "mnist" if mnist.find() else "strokes"


def resolve_dataset(dataset: str) -> str:
    """Make a path absolute, because a worker may run in another folder; a name stays the same.

    Raises UserError if it is not a name and no such file or folder exists.
    """
    if dataset in DATASETS:
        return dataset
    path = os.path.expanduser(dataset)
    if not os.path.exists(path):
        raise UserError(
            f"dataset must be one of {', '.join(DATASETS)}, or {any_format.SUPPORTED_FORMATS}; "
            f"there is no {dataset!r}."
        )
    return os.path.abspath(path)


def has_test_set(dataset: str) -> bool:
    """Whether a dataset has a test set of its own, the same with every seed.

    Raises UserError if it is no name and no such file or folder exists.
    """
    return dataset in DATASETS or mnist.is_complete(Path(resolve_dataset(dataset)))


def load_splits(
    dataset: str,
    validation_size: int,
    seed: int,
    extra_data_path: str = "",
    train_size: int = 0,
) -> Splits:
    """Load a dataset by name or path, split into training, validation and test set.

    MNIST, the synthetic digits and folders with MNIST's file names have a test set of their own;
    the last ``validation_size`` training images are held out. All others are split 80/10/10 by
    ``seed``, or 90/0/10 if ``validation_size`` is 0. Of the training images, only the first
    ``train_size`` are kept; 0: all. The images of an .npz at ``extra_data_path`` are then added.
    Raises UserError for missing or damaged files.
    """
    splits = _load_splits(dataset, validation_size, seed)
    if train_size:
        splits = replace(splits, train=splits.train[:train_size])
    if extra_data_path:
        extra = extra_data.read(Path(extra_data_path))
        splits = replace(splits, train=extra_data.add_to(splits.train, extra))
    return splits


def _load_splits(dataset: str, validation_size: int, seed: int) -> Splits:
    if dataset == "strokes":
        return hold_out(*handwriting.load(), validation_size)
    if dataset == "mnist":
        return hold_out(*mnist.load(), validation_size)
    path = Path(resolve_dataset(dataset))
    if mnist.is_complete(path):
        return hold_out(*mnist.load(path), validation_size)
    return split(any_format.load(path, path.name), seed, validation_size > 0)


def load_test_set(dataset: str) -> Dataset:
    """The test set of a dataset that has one, else all its images. Raises as ``load_splits``."""
    if has_test_set(dataset):
        return load_splits(dataset, 0, 0).test
    path = Path(resolve_dataset(dataset))
    return any_format.load(path, path.name)
