"""NumPy's .npz with the arrays ``images`` (n, 28, 28) and ``labels`` (n,)."""

from __future__ import annotations

import zipfile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nn.digits.dataset import MOST_PICTURES, Dataset, checked
from nn.errors import UserError
from nn.files import replacing

MOST_BYTES = MOST_PICTURES * 784


def read(path: Path) -> Dataset:
    """Whole numbers of any kind. Raises UserError; nothing is unpickled, no bomb is unpacked."""
    try:
        with zipfile.ZipFile(path) as file:
            images, labels = (_array(file, key, path) for key in ("images", "labels"))
    except UserError:
        raise
    except Exception as error:  # zip and npy readers raise whatever they stumble on
        raise UserError(f"{path}: cannot be read as an .npz file: {error}.") from None
    return checked(images, labels, path.name, (f"{path} (images)", f"{path} (labels)"))


def _array(file: zipfile.ZipFile, key: str, path: Path) -> NDArray[Any]:
    member = f"{key}.npy"
    if member not in file.namelist():
        found = ", ".join(name.removesuffix(".npy") for name in file.namelist()[:10])
        raise UserError(f"{path}: expected the arrays images and labels, found {found or 'none'}.")
    with file.open(member) as head:
        # Later versions differ in headers longer than any that is wanted here.
        if (version := npy.read_magic(head)) != (1, 0):
            raise UserError(f"{path} ({key}): its npy version {version} is not supported.")
        shape, _, dtype = npy.read_array_header_1_0(head)
    if dtype.hasobject:
        raise UserError(
            f"{path} ({key}) is a pickle of Python objects, which could run any code: it is not "
            "read. Save plain numbers, for example with images.astype('uint8')."
        )
    if dtype.kind not in "ui":
        raise UserError(f"{path} ({key}): expected whole numbers, found {dtype}.")
    if (size := dtype.itemsize * prod(shape)) > MOST_BYTES:
        raise UserError(f"{path} ({key}): {size:,} bytes; at most {MOST_BYTES:,} can be read.")
    with file.open(member) as whole:
        array: NDArray[Any] = npy.read_array(whole, allow_pickle=False)
    return array


def write(dataset: Dataset, path: Path) -> None:
    with replacing(path) as part, open(part, "wb") as file:
        np.savez_compressed(file, images=dataset.images, labels=dataset.labels)
