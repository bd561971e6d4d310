"""Upload: labeled pictures that come as bytes, from somebody's browser."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from nn.data.dataset import Dataset
from nn.data.formats import any_format
from nn.data.formats.image_files import SUFFIXES
from nn.errors import UserError

SUPPORTED_FORMATS = (
    "an IDX file of pictures together with that of their labels, a .csv, an .npz, a .zip with a "
    "folder of pictures for each digit, or pictures named like 7_anything.png"
)
MOST = 10_000  # pictures that are kept
MOST_FILES = 20_000  # in a .zip
MOST_BYTES = 256 * 2**20  # of a .zip once unpacked


def read(files: Mapping[str, bytes], complain: Callable[[str], object]) -> Dataset:
    """files: name → contents. The labeled pictures in them, at most MOST.

    ``complain`` takes a sentence for each thing that is left out. Raises UserError naming the file
    that is damaged, or when nothing in them can be used.
    """
    name = next(iter(files)) if len(files) == 1 else "What you uploaded"
    with tempfile.TemporaryDirectory() as place:
        here = Path(place) / "pictures"
        here.mkdir()

        def named(sentence: object) -> str:  # nobody needs to know where it lay for a moment
            return str(sentence).replace(f"{here}/", "").replace(str(here), name)

        try:
            found = any_format.read(_laid_out(files, here), lambda said: complain(named(said)))
        except UserError as error:
            raise UserError(named(error)) from None
    if len(found) > MOST:
        complain(f"{name} has {len(found):,} pictures: the first {MOST:,} are looked at.")
    # A copy: of what is left out nothing stays in memory.
    return Dataset(np.array(found.images[:MOST]), np.array(found.labels[:MOST]), name)


def _laid_out(files: Mapping[str, bytes], here: Path) -> Path:
    """Write the files into the folder → what ``formats`` reads: one of them, or the folder."""
    names = {PurePosixPath(name.replace("\\", "/")).name: data for name, data in files.items()}
    kinds = {PurePosixPath(name).suffix.lower() for name in names}
    if kinds == {".zip"} and len(names) == 1:
        [(name, data)] = names.items()
        names = _unpacked(name, data)
    elif not kinds <= SUFFIXES:
        # IDX is two files; the pictures come first.
        return _table(sorted(names, key=lambda name: "idx3" not in name), names, here)
    for name, data in names.items():
        _put(here / name, data)
    return here


def _table(names: list[str], files: Mapping[str, bytes], here: Path) -> Path:
    first, *others = names
    is_idx = "idx3" in first
    if is_idx and not others:
        raise UserError(f"{first} has no labels: choose the file …-labels-idx1… beside it too.")
    if others and not (is_idx and len(others) == 1 and "idx1" in others[0]):
        raise UserError(
            f"{first} and {others[0]} do not belong together; expected {SUPPORTED_FORMATS}."
        )
    if not is_idx and not first.lower().endswith((".csv", ".npz")):
        raise UserError(f"{first} cannot be read here; expected {SUPPORTED_FORMATS}.")
    for name in names:
        _put(here / name, files[name])
    return here / first


def _put(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    except (OSError, ValueError):  # its name may be too long, or hold what none may
        raise UserError(f"{path.name[:60]!r} cannot be read: give it a shorter name.") from None


def _unpacked(name: str, data: bytes) -> dict[str, bytes]:
    """The pictures in a .zip, as DIGIT/NAME or NAME: it does not matter what lies around them."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MOST_FILES or sum(m.file_size for m in members) > MOST_BYTES:
                raise UserError(
                    f"{name} holds too much: at most {MOST_FILES:,} files of together "
                    f"{MOST_BYTES // 2**20} MB can be read."
                )
            for number, member in enumerate(members):
                path = PurePosixPath(member.filename.replace("\\", "/"))
                if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
                    continue
                folder = f"{path.parent.name}/" if path.parent.name in set("0123456789") else ""
                # Train and test folders may hold the same names.
                found[f"{folder}{path.stem}-{number}{path.suffix}"] = archive.read(member)
    except UserError:
        raise
    except Exception as error:  # zip readers raise whatever they stumble on
        reason = str(error) or type(error).__name__
        raise UserError(f"{name} cannot be read as a .zip: {reason}.") from None
    return found
