"""Image folders: LABEL/anything.png or LABEL_anything.png, where LABEL is a digit."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn import IMAGE_SIDE
from nn.data.dataset import Dataset
from nn.data.formats.image_files import SPENT, SUFFIXES, PixelBudget, open_image
from nn.data.preprocess.pipeline import preprocess
from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

EXPECTED = (
    "expected images named LABEL/anything.png or LABEL_anything.png, LABEL a digit from 0 to 9 "
    f"({', '.join(sorted(SUFFIXES))})"
)


def list_files(folder: Path) -> list[Path]:
    """All images in the folder and its subfolders, sorted by name first, then by subfolder."""
    try:
        paths = [
            directory / name
            for directory in (folder, *filter(Path.is_dir, folder.iterdir()))
            for name in os.listdir(directory)
            if os.path.splitext(name)[1].lower() in SUFFIXES
        ]
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}.") from None
    return sorted(paths, key=lambda path: (path.name, path.parent.name))


def read(
    folder: Path,
    warn: Callable[[str], object],
    progress: Progress,
    max_images: int | None = None,
    budget: PixelBudget | None = None,
) -> Dataset:
    """Read a folder. Grayscale images of 28 × 28 stay unchanged; all others are preprocessed.

    An image that has no label, cannot be read or is blank is skipped, with a message to ``warn``.
    Decoding ends after ``max_images``, or when ``budget`` is spent, with a message as well. Raises
    UserError if no image is left.
    """
    paths = list_files(folder)
    labels = [_label(path, folder) for path in paths]
    unlabeled = [path for path, label in zip(paths, labels, strict=True) if label is None]
    for directory, group in groupby(sorted(unlabeled), lambda path: path.parent):
        names = [path.name for path in group]
        more = f" and {len(names) - 1:,} more" if names[1:] else ""
        warn(f"Skipped {directory / names[0]}{more}: {EXPECTED}.")

    images: list[NDArray[np.uint8]] = []
    image_labels: list[int | None] = []
    labeled = [pair for pair in zip(paths, labels, strict=True) if pair[1] is not None]
    for number, (path, label) in enumerate(progress(labeled)):
        if max_images is not None and len(images) >= max_images:
            break
        if budget and budget.left <= 0:
            skipped = len(labeled) - number
            warn(f"Skipped {path.name} and all after it ({skipped:,} in total): {SPENT}")
            break
        try:
            images.append(_read_image(path, budget))
            image_labels.append(label)
        except UserError as error:
            warn(f"Skipped: {error}")
    if not images:
        raise UserError(f"{folder} has no usable images: {EXPECTED}.")
    return Dataset(np.stack(images), np.array(image_labels, np.uint8), folder.name)


def _label(path: Path, folder: Path) -> int | None:
    name = path.name.partition("_")[0] if path.parent == folder else path.parent.name
    return int(name) if name in set("0123456789") else None


def _read_image(path: Path, budget: PixelBudget | None) -> NDArray[np.uint8]:
    image = open_image(path, budget)
    is_ready = image.mode == "L" and image.size == (IMAGE_SIDE, IMAGE_SIDE)
    if is_ready and "transparency" not in image.info:
        return np.asarray(image)
    preprocessed = preprocess(image)
    if preprocessed.problem:
        raise UserError(f"{path}: {preprocessed.problem}")
    return preprocessed.image


def write(dataset: Dataset, folder: Path, progress: Progress) -> None:
    """Write LABEL/NUMBER.png; reading the folder restores the order.

    Raises UserError for a folder that is not empty.
    """
    with replacing(folder) as part:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is not empty: choose an empty folder or a new one.")
        for digit in range(10):
            (part / str(digit)).mkdir(parents=True)
        for number in progress(range(len(dataset))):
            path = part / str(dataset.labels[number]) / f"{number:06}.png"
            Image.fromarray(dataset.images[number]).save(path)
        if folder.exists():
            folder.rmdir()  # Windows cannot replace an existing folder
