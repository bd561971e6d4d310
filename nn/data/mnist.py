"""MNIST (LeCun, Cortes, Burges 1998): 60,000 handwritten digits to train on, 10,000 to test."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nn.data.dataset import Dataset
from nn.data.download import fetch
from nn.data.formats import any_format
from nn.errors import UserError
from nn.support.paths import home

HOW_TO_GET = (
    "To train on MNIST, download it (11 MB) with `python -m nn data --download`, or put its four "
    "files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, "
    "t10k-labels-idx1-ubyte.gz) into a folder and set DIGITSCOPE_DATA to that folder."
)
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = {  # name: sha256, bytes
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        9_912_422,
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        28_881,
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        1_648_877,
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        4_542,
    ),
}


def find() -> Path | None:
    """The folder with MNIST's four files: ``$DIGITSCOPE_DATA`` or the download folder; else None"""
    for folder in (os.environ.get("DIGITSCOPE_DATA"), download_folder()):
        if folder and is_complete(Path(folder)):
            return Path(folder)
    return None


def download_folder() -> Path:
    """The folder that ``download`` writes to."""
    return home() / "mnist"


def is_complete(folder: Path) -> bool:
    """Whether the folder has all four files, gzipped or not."""
    return all((folder / name).is_file() or (folder / name[:-3]).is_file() for name in FILES)


def load(folder: Path | None = None) -> tuple[Dataset, Dataset]:
    """(training set, test set), memory-mapped: MNIST, or the files of the same names in ``folder``.

    Raises UserError if files are missing or damaged.
    """
    name = folder.name if folder else "mnist"
    folder = folder or find()
    if folder is None:
        raise UserError(
            f"MNIST is not on this computer. {HOW_TO_GET} Or train on the built-in synthetic "
            "digits (strokes)."
        )
    train, test = (folder / f"{part}-images-idx3-ubyte.gz" for part in ("train", "t10k"))
    return _load(train, name), _load(test, name)


def _load(gzipped: Path, name: str) -> Dataset:
    return any_format.load(gzipped if gzipped.is_file() else gzipped.with_suffix(""), name)


def download(on_progress: Callable[[int, int], object] = lambda done, total: None) -> Path:
    """Download the four files from the first mirror that has them all, and return their folder.

    ``on_progress`` receives (bytes so far, bytes in total). Valid files are not downloaded again.
    Raises UserError if no mirror has all files.
    """
    failures = []
    for mirror in MIRRORS:
        done, total = 0, sum(size for _, size in FILES.values())
        try:
            for name, (sha256, size) in FILES.items():
                report = partial(_report, on_progress, done, total)
                fetch(mirror + name, download_folder() / name, sha256, size, report)
                done += size
                on_progress(done, total)
            return download_folder()
        except UserError as error:
            failures.append(str(error))
    raise UserError(
        f"MNIST could not be downloaded. {' '.join(failures)} Check the connection and try again."
    )


def _report(
    on_progress: Callable[[int, int], object], before: int, total: int, received: int
) -> None:
    on_progress(before + received, total)
