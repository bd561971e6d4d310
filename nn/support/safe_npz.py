"""Reading .npz files from untrusted sources: no unpickling, and a limit on unpacked size."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nn.errors import UserError
from nn.support import limits, safe_zip

CHUNK = 2**20  # bytes read at a time


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive. Every error while it is open becomes a UserError."""
    try:
        if path.exists() and not path.is_file():  # a pipe would block, and a device has no end
            raise UserError(f"{path} is not a regular file.")
        with open(path, "rb") as raw:
            try:
                file = safe_zip.open_zip(raw, limits.NPZ_MEMBERS)
            except UserError as error:
                raise UserError(f"{path} {error}") from None
            with file:
                yield file
    except UserError:
        raise
    except Exception as error:  # zipfile and numpy raise many kinds of errors for damaged files
        reason = str(error) or type(error).__name__
        raise UserError(f"{path} is not a valid .npz file: {reason}.") from None


def array_names(file: zipfile.ZipFile) -> list[str]:
    """The names of the arrays in the archive."""
    return [name.removesuffix(".npy") for name in file.namelist()]


def read_array(
    file: zipfile.ZipFile, name: str, path: Path, max_bytes: int, max_rows: int | None = None
) -> NDArray[Any]:
    """Read one array of at most ``max_bytes``; of a longer one than ``max_rows``, its first rows.

    To be called while ``open_archive`` is open, which turns every error into a UserError.
    """
    member = f"{name}.npy"
    with file.open(member) as data:
        # Later versions only allow longer headers, which no array here needs.
        if (version := npy.read_magic(data)) != (1, 0):
            raise UserError(f"{path} ({name}): its npy version {version} is not supported.")
        shape, is_fortran, dtype = npy.read_array_header_1_0(data)
        if dtype.hasobject:
            raise UserError(
                f"{path} ({name}) is a pickle of Python objects, which could run any code, so it "
                "was not loaded. Save plain numbers, for example with astype('uint8')."
            )
        if (size := dtype.itemsize * prod(shape)) > max_bytes:
            raise UserError(f"{path} ({name}): {size:,} bytes; at most {max_bytes:,} are allowed.")
        if max_rows is not None and shape and shape[0] > max_rows:
            if is_fortran:
                raise UserError(
                    f"{path} ({name}) is in Fortran order, so its first {max_rows:,} rows cannot "
                    "be read alone. Save numpy.ascontiguousarray of it."
                )
            shape = (max_rows, *shape[1:])
            size = dtype.itemsize * prod(shape)
        limits.check_unpacked(f"{path} ({name})", file.getinfo(member).compress_size, size)
        # In chunks: never more in memory than the array and one of them.
        flat = np.empty(prod(shape), dtype)
        part = max(1, CHUNK // max(1, dtype.itemsize))
        for start in range(0, flat.size, part):
            wanted = flat[start : start + part]
            wanted[...] = np.frombuffer(_read_exactly(data, wanted.nbytes), dtype)
    return flat.reshape(shape[::-1]).T if is_fortran else flat.reshape(shape)


def _read_exactly(data: Any, count: int) -> bytes:
    """Raises EOFError, unlike ``read``, for data that is truncated."""
    found = bytes(data.read(count))
    if len(found) < count:
        raise EOFError("it is truncated")
    return found
