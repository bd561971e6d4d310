"""Reading .npz files from untrusted sources: no unpickling, and a limit on unpacked size."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

from numpy.lib import format as npy
from numpy.typing import NDArray

from nn.errors import UserError


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive. Every error while it is open becomes a UserError."""
    try:
        with zipfile.ZipFile(path) as file:
            yield file
    except UserError:
        raise
    except Exception as error:  # zipfile and numpy raise many kinds of errors for damaged files
        reason = str(error) or type(error).__name__
        raise UserError(f"{path} is not a valid .npz file: {reason}.") from None


def array_names(file: zipfile.ZipFile) -> list[str]:
    """The names of the arrays in the archive."""
    return [name.removesuffix(".npy") for name in file.namelist()]


def read_array(file: zipfile.ZipFile, name: str, path: Path, max_bytes: int) -> NDArray[Any]:
    """Read one array of at most ``max_bytes``. To be called while ``open_archive`` is open, which
    turns every error into a UserError."""
    member = f"{name}.npy"
    with file.open(member) as head:
        # Later versions only allow longer headers, which no array here needs.
        if (version := npy.read_magic(head)) != (1, 0):
            raise UserError(f"{path} ({name}): its npy version {version} is not supported.")
        shape, _, dtype = npy.read_array_header_1_0(head)
    if dtype.hasobject:
        raise UserError(
            f"{path} ({name}) is a pickle of Python objects, which could run any code, so it was "
            "not loaded. Save plain numbers, for example with astype('uint8')."
        )
    if (size := dtype.itemsize * prod(shape)) > max_bytes:
        raise UserError(f"{path} ({name}): {size:,} bytes; at most {max_bytes:,} are allowed.")
    with file.open(member) as whole:
        found: NDArray[Any] = npy.read_array(whole, allow_pickle=False)
    return found
