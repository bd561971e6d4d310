"""NumPy's .npz, read without trust: nothing is unpickled, no bomb is unpacked."""

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
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The open archive; whatever goes wrong with it is a UserError."""
    try:
        with zipfile.ZipFile(path) as file:
            yield file
    except UserError:
        raise
    except Exception as error:  # zip and npy readers raise whatever they stumble on
        reason = str(error) or type(error).__name__
        raise UserError(f"{path}: cannot be read as an .npz file: {reason}.") from None


def names(file: zipfile.ZipFile) -> list[str]:
    """What the archive's arrays are called."""
    return [name.removesuffix(".npy") for name in file.namelist()]


def array(file: zipfile.ZipFile, name: str, path: Path, most: int) -> NDArray[Any]:
    """One array of at most ``most`` bytes. Raises UserError, and whatever ``opened`` makes one."""
    member = f"{name}.npy"
    with file.open(member) as head:
        # Later versions differ in headers longer than any that is wanted here.
        if (version := npy.read_magic(head)) != (1, 0):
            raise UserError(f"{path} ({name}): its npy version {version} is not supported.")
        shape, _, dtype = npy.read_array_header_1_0(head)
    if dtype.hasobject:
        raise UserError(
            f"{path} ({name}) is a pickle of Python objects, which could run any code: it is not "
            "read. Save plain numbers, for example with astype('uint8')."
        )
    if (size := dtype.itemsize * prod(shape)) > most:
        raise UserError(f"{path} ({name}): {size:,} bytes; at most {most:,} can be read.")
    with file.open(member) as whole:
        found: NDArray[Any] = npy.read_array(whole, allow_pickle=False)
    return found
