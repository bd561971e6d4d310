"""IDX, MNIST's own format: a file of pictures and a file of their labels, gzipped or not.

http://yann.lecun.com/exdb/mnist/, section "File formats for the MNIST database".
"""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.data.dataset import MOST_PICTURES, Dataset, checked
from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

CHUNK = 1000  # pictures packed between two signs of progress


def labels_of(images: Path) -> Path:
    """The labels beside a file of pictures, gzipped or not: …-images-idx3… → …-labels-idx1…"""
    labels = _twin(images)
    packed, plain = labels.with_name(f"{labels.name}.gz"), labels.with_suffix("")
    other = plain if labels.suffix == ".gz" else packed
    return other if other.exists() and not labels.exists() else labels


def _twin(images: Path) -> Path:
    return images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))


def read(images: Path) -> Dataset:
    """The pictures of this file with the labels of the file beside it. Raises UserError."""
    labels = labels_of(images)
    return checked(read_array(images, 3), read_array(labels, 1), images.name, (images, labels))


def read_array(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """An IDX file of unsigned bytes → array with that many ``dimensions``.

    Raises UserError naming the file when it is corrupt, cut off, or of another kind.
    """
    expected = bytes([0, 0, 8, dimensions])  # two zeros, type 8 = unsigned byte, dimensions
    try:
        if not path.is_file():  # opening a pipe would wait for whoever writes into it
            raise UserError(f"{path} is not there, or is no file.")
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            file = gzip.GzipFile(fileobj=raw) if packed else raw
            header = file.read(4 + 4 * dimensions)
            if len(header) < 4 + 4 * dimensions or header[:4] != expected:
                raise UserError(
                    f"{path}: expected an IDX file starting with {expected.hex(' ')} "
                    f"({dimensions} dimension{'s' * (dimensions > 1)} of bytes), "
                    f"found {header[:4].hex(' ') or 'an empty file'}."
                )
            shape = struct.unpack(f">{dimensions}I", header[4:])
            promised = f"{path}: its header promises {' × '.join(map(str, shape))} bytes"
            # NumPy cannot make an array whose other sides are huge, even where one side is 0.
            if prod(filter(None, shape)) > MOST_PICTURES * 784:
                raise UserError(f"{promised}; at most {MOST_PICTURES * 784:,} can be read.")
            size = prod(shape)
            data = file.read(size + 1)  # one more than there may be: a bomb is not unpacked
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read as an IDX file: {error}.") from None
    if len(data) != size:
        found = "more" if len(data) > size else f"{len(data):,}"
        raise UserError(f"{promised}, found {found}; the file is cut off or corrupt.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def write(dataset: Dataset, images: Path, progress: Progress) -> None:
    """Write the pictures to this file and the labels beside it, gzipped where it ends in .gz."""
    packed, labels = images.suffix == ".gz", _twin(images)
    if labels.is_dir():  # known only when the pictures are in place
        raise UserError(f"{labels} cannot be written: it is a folder.")
    with replacing(labels) as labels_part, replacing(images) as images_part:
        _write_array(labels_part, dataset.labels, packed, iter)
        _write_array(images_part, dataset.images, packed, progress)


def _write_array(path: Path, array: NDArray[np.uint8], packed: bool, progress: Progress) -> None:
    """Write (n, …) uint8 as one IDX file."""
    with open(path, "wb") as raw:
        # No name and no date: the same pictures make the same bytes.
        file = gzip.GzipFile("", "wb", 6, raw, mtime=0) if packed else raw
        file.write(bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape))
        for start in progress(range(0, len(array), CHUNK)):
            file.write(array[start : start + CHUNK].tobytes())
        file.close()
