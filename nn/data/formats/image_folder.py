"""Folders of pictures: label/anything.png or label_anything.png, the label a digit."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn.data.dataset import Dataset
from nn.data.formats.image_files import SUFFIXES, open_image
from nn.data.preprocess.pipeline import preprocess
from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

EXPECTED = (
    "expected pictures named LABEL/anything.png or LABEL_anything.png, LABEL a digit from 0 to 9 "
    f"({', '.join(sorted(SUFFIXES))})"
)


def files(folder: Path) -> list[Path]:
    """The pictures in the folder and in the folders in it, ordered by name, whatever the folder."""
    try:
        found = [
            place / name
            for place in (folder, *filter(Path.is_dir, folder.iterdir()))
            for name in os.listdir(place)
            if os.path.splitext(name)[1].lower() in SUFFIXES
        ]
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}.") from None
    return sorted(found, key=lambda path: (path.name, path.parent.name))


def read(folder: Path, complain: Callable[[str], object], progress: Progress) -> Dataset:
    """Gray pictures of 28 × 28 pass unchanged, others are preprocessed.

    A picture that has no label, cannot be read or is blank is left out, after a sentence to
    ``complain``. Raises UserError when none is left.
    """
    found = files(folder)
    labels = [_label(path, folder) for path in found]
    strangers = [path for path, label in zip(found, labels, strict=True) if label is None]
    for place, group in groupby(sorted(strangers), lambda path: path.parent):
        names = [path.name for path in group]
        more = f" and {len(names) - 1:,} more" if names[1:] else ""
        complain(f"{place / names[0]}{more} left out: {EXPECTED}.")

    images, kept = [], []
    for path, label in progress(list(zip(found, labels, strict=True))):
        if label is None:
            continue
        try:
            images.append(_image(path))
            kept.append(label)
        except UserError as error:
            complain(str(error))
    if not images:
        raise UserError(f"{folder} has no pictures that can be used: {EXPECTED}.")
    return Dataset(np.stack(images), np.array(kept, np.uint8), folder.name)


def _label(path: Path, folder: Path) -> int | None:
    name = path.name.partition("_")[0] if path.parent == folder else path.parent.name
    return int(name) if name in set("0123456789") else None


def _image(path: Path) -> NDArray[np.uint8]:
    picture = open_image(path)
    if picture.mode == "L" and picture.size == (28, 28) and "transparency" not in picture.info:
        return np.asarray(picture)
    preprocessed = preprocess(picture)
    if preprocessed.blank:
        raise UserError(f"{path} is blank: it is left out.")
    return preprocessed.image


def write(dataset: Dataset, folder: Path, progress: Progress) -> None:
    """Write label/number.png, numbered so that reading keeps their order.

    Raises UserError for a folder that has something in it.
    """
    with replacing(folder) as part:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is not empty: choose a folder that is, or a new one.")
        for digit in range(10):
            (part / str(digit)).mkdir(parents=True)
        for number in progress(range(len(dataset))):
            place = part / str(dataset.labels[number]) / f"{number:06}.png"
            Image.fromarray(dataset.images[number]).save(place)
        if folder.exists():
            folder.rmdir()  # Windows moves nothing onto what is there
