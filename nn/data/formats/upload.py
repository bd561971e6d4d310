"""Uploads: labeled images that arrive as bytes from a browser."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from nn.data.dataset import Dataset
from nn.data.formats import any_format
from nn.data.formats.image_files import SUFFIXES, PixelBudget
from nn.errors import UserError
from nn.support import limits, safe_zip
from nn.support.progress import Progress

SUPPORTED_FORMATS = (
    "an IDX file of images together with its file of labels, a .csv, an .npz, a .zip with a "
    "folder of images for each digit, or images named like 7_anything.png"
)


def read(
    files: Mapping[str, bytes],
    warn: Callable[[str], object],
    progress: Progress = iter,
    max_images: int = limits.UPLOAD_IMAGES,
) -> Dataset:
    """files: name → content. The first ``max_images`` labeled images in them.

    ``warn`` receives a message for everything that is skipped. Raises UserError naming a damaged
    file, and if no image can be used. Limits: see nn.support.limits.
    """
    name = next(iter(files)) if len(files) == 1 else "The upload"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "images"
        folder.mkdir()

        def without_path(message: object) -> str:  # the temporary folder means nothing to the user
            return str(message).replace(f"{folder}/", "").replace(str(folder), name)

        def warn_without_path(message: object) -> None:
            warn(without_path(message))

        try:
            path = _write_files(files, folder, warn_without_path)
            # One more than wanted tells whether there are more.
            dataset = any_format.read(
                path, warn_without_path, progress, max_images + 1, PixelBudget()
            )
        except UserError as error:
            raise UserError(without_path(error)) from None
    if len(dataset) > max_images:
        warn(f"{name} has more images: only the first {max_images:,} are used.")
    # A copy, so that the memory of the unused images is freed.
    images, labels = dataset.images[:max_images], dataset.labels[:max_images]
    return Dataset(np.array(images), np.array(labels), name)


def _write_files(files: Mapping[str, bytes], folder: Path, warn: Callable[[str], object]) -> Path:
    """Write the files into the folder and return the path to read: one of them, or the folder."""
    names = {PurePosixPath(name.replace("\\", "/")).name: data for name, data in files.items()}
    suffixes = {PurePosixPath(name).suffix.lower() for name in names}
    if suffixes == {".zip"} and len(names) == 1:
        [(name, data)] = names.items()
        _unzip(name, data, folder, warn)
        return folder
    if not suffixes <= SUFFIXES:
        # IDX consists of two files; images first.
        return _write_table(sorted(names, key=lambda name: "idx3" not in name), names, folder)
    for name, data in names.items():
        _write_file(folder / name, data)
    return folder


def _write_table(names: list[str], files: Mapping[str, bytes], folder: Path) -> Path:
    first, *others = names
    is_idx = "idx3" in first
    if is_idx and not others:
        raise UserError(f"{first} has no labels: select its …-labels-idx1… file as well.")
    if others and not (is_idx and len(others) == 1 and "idx1" in others[0]):
        raise UserError(
            f"{first} and {others[0]} do not belong together; expected {SUPPORTED_FORMATS}."
        )
    if not is_idx and not first.lower().endswith((".csv", ".npz")):
        raise UserError(f"{first} is not supported; expected {SUPPORTED_FORMATS}.")
    for name in names:
        _write_file(folder / name, files[name])
    return folder / first


def _write_file(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    except (OSError, ValueError):  # the name is too long or has invalid characters
        raise UserError(f"{path.name[:60]!r} cannot be read: give it a shorter name.") from None


def _unzip(name: str, data: bytes, folder: Path, warn: Callable[[str], object]) -> None:
    """Unpack the images in a .zip as DIGIT/NAME or NAME, whatever folders surround them."""
    try:
        try:
            archive = safe_zip.open_zip(io.BytesIO(data), limits.ZIP_MEMBERS)
        except UserError as error:
            raise UserError(f"{name} {error}") from None
        with archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > limits.ZIP_BYTES:
                raise UserError(
                    f"{name} is too large: at most {limits.ZIP_BYTES // 2**20} MiB unpacked are "
                    "allowed."
                )
            for number, member in enumerate(members):
                path = PurePosixPath(member.filename.replace("\\", "/"))
                if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
                    continue
                if member.file_size > limits.IMAGE_BYTES:
                    warn(
                        f"Skipped {path.name}: it has {member.file_size:,} bytes; at most "
                        f"{limits.IMAGE_BYTES:,} are allowed."
                    )
                    continue
                label = f"{path.parent.name}/" if path.parent.name in set("0123456789") else ""
                # The number tells files of the same name in train and test folders apart.
                _write_file(
                    folder / f"{label}{path.stem}-{number}{path.suffix}", archive.read(member)
                )
    except UserError:
        raise
    except Exception as error:  # zipfile raises many kinds of errors for damaged files
        reason = str(error) or type(error).__name__
        raise UserError(f"{name} is not a valid .zip: {reason}.") from None
