"""IDX, the format of MNIST: a file of images and a file of labels, gzipped or not.

http://yann.lecun.com/exdb/mnist/, section "File formats for the MNIST database".
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn import PIXELS
from nn.data.dataset import MAX_IMAGES, Dataset, validated
from nn.errors import UserError
from nn.support import limits
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

MAX_BYTES = MAX_IMAGES * PIXELS
CHUNK = 1000  # images written between two progress reports
GZIP_BLOCK = 2**20  # bytes read at a time


def labels_path(images: Path) -> Path:
    """The labels file of an images file, gzipped or not: …-images-idx3… → …-labels-idx1…"""
    labels = _rename_to_labels(images)
    gzipped, plain = labels.with_name(f"{labels.name}.gz"), labels.with_suffix("")
    alternative = plain if labels.suffix == ".gz" else gzipped
    return alternative if alternative.exists() and not labels.exists() else labels


def _rename_to_labels(images: Path) -> Path:
    return images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))


def read(images: Path, max_images: int | None = None) -> Dataset:
    """Read an images file and the labels file that belongs to it; the first ``max_images`` if there
    are more. Raises UserError."""
    labels = labels_path(images)
    arrays = read_array(images, 3, max_images), read_array(labels, 1, max_images)
    return validated(*arrays, images.name, (images, labels))


def read_array(path: Path, dimensions: int, max_items: int | None = None) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes with the given number of dimensions.

    Of more than ``max_items``, only so many are read, and what follows them is not looked at.
    Raises UserError naming a file that is damaged, truncated or of another type.
    """
    expected = bytes([0, 0, 8, dimensions])  # two zeros, type 8 (unsigned byte), dimensions
    header_size = 4 + 4 * dimensions
    try:
        if not path.is_file():  # opening a named pipe would block until someone writes to it
            raise UserError(f"{path} does not exist or is not a file.")
        with open(path, "rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
            read_start = _gunzip if gzipped else _read_start
            header = read_start(file, header_size)
            if len(header) < header_size or header[:4] != expected:
                raise UserError(
                    f"{path}: expected an IDX file starting with {expected.hex(' ')} "
                    f"({dimensions} dimension{'s' * (dimensions > 1)} of bytes), "
                    f"got {header[:4].hex(' ') or 'an empty file'}."
                )
            shape = struct.unpack(f">{dimensions}I", header[4:])
            declared = f"{path}: its header declares {' × '.join(map(str, shape))} bytes"
            # NumPy rejects an array with huge dimensions even if another dimension is 0.
            if prod(filter(None, shape)) > MAX_BYTES:
                raise UserError(f"{declared}; at most {MAX_BYTES:,} are allowed.")
            is_cut = max_items is not None and shape[0] > max_items
            if is_cut:
                shape = (max_items, *shape[1:])
            size = prod(shape)
            limits.check_unpacked(path, os.fstat(file.fileno()).st_size, size)
            # One more than expected unless cut, and never all of a zip bomb.
            data = read_start(file, header_size + size + (not is_cut))[header_size:]
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is not a valid IDX file: {error}.") from None
    if len(data) != size:
        found = "more" if len(data) > size else f"{len(data):,}"
        raise UserError(f"{declared}, got {found}; the file is truncated or damaged.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_start(file: BinaryIO, size: int) -> bytes:
    """The first ``size`` bytes, or all if there are fewer."""
    file.seek(0)
    return file.read(size)


def _gunzip(file: BinaryIO, size: int) -> bytes:
    """The same of what the file unpacks to. Raises EOFError and zlib.error for a damaged file.

    Unlike Python's gzip module, it spends no second on a header of many megabytes, or on a million
    empty members.
    """
    file.seek(0)
    unpacked, packed = bytearray(), b""
    for _ in range(limits.GZIP_MEMBERS):
        member = zlib.decompressobj(wbits=31)  # with gzip's header and checksum
        while not member.eof and len(unpacked) < size:
            packed = packed or file.read(GZIP_BLOCK)
            if not packed:
                raise EOFError("it is truncated")
            unpacked += member.decompress(packed, size - len(unpacked))
            packed = member.unconsumed_tail
        # Zeros may follow the last member.
        packed = (member.unused_data or file.read(GZIP_BLOCK)).lstrip(b"\0")
        if not packed or len(unpacked) >= size:
            return bytes(unpacked)
    raise EOFError(f"it has more than {limits.GZIP_MEMBERS:,} parts")


def write(dataset: Dataset, images: Path, progress: Progress) -> None:
    """Write an images file and its labels file; both are gzipped if the name ends in .gz."""
    gzipped, labels = images.suffix == ".gz", _rename_to_labels(images)
    if labels.is_dir():  # otherwise the error would come after the images are in place
        raise UserError(f"{labels} cannot be written: it is a folder.")
    with replacing(labels) as labels_part, replacing(images) as images_part:
        _write_array(labels_part, dataset.labels, gzipped, iter)
        _write_array(images_part, dataset.images, gzipped, progress)


def _write_array(path: Path, array: NDArray[np.uint8], gzipped: bool, progress: Progress) -> None:
    """Write (n, …) uint8 as one IDX file."""
    with open(path, "wb") as raw:
        # No name and no date in the gzip header: the same images give the same bytes.
        file = gzip.GzipFile("", "wb", 6, raw, mtime=0) if gzipped else raw
        file.write(bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape))
        for start in progress(range(0, len(array), CHUNK)):
            file.write(array[start : start + CHUNK].tobytes())
        file.close()
