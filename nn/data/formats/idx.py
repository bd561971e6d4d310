"""IDX, the format of MNIST: a file of images and a file of labels, gzipped or not.

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

from nn import PIXELS
from nn.data.dataset import MAX_IMAGES, Dataset, validated
from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

MAX_BYTES = MAX_IMAGES * PIXELS
CHUNK = 1000  # images written between two progress reports


def labels_path(images: Path) -> Path:
    """The labels file of an images file, gzipped or not: …-images-idx3… → …-labels-idx1…"""
    labels = _rename_to_labels(images)
    gzipped, plain = labels.with_name(f"{labels.name}.gz"), labels.with_suffix("")
    alternative = plain if labels.suffix == ".gz" else gzipped
    return alternative if alternative.exists() and not labels.exists() else labels


def _rename_to_labels(images: Path) -> Path:
    return images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))


def read(images: Path) -> Dataset:
    """Read an images file and the labels file that belongs to it. Raises UserError."""
    labels = labels_path(images)
    return validated(read_array(images, 3), read_array(labels, 1), images.name, (images, labels))


def read_array(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes with the given number of dimensions.

    Raises UserError naming a file that is damaged, truncated or of another type.
    """
    expected = bytes([0, 0, 8, dimensions])  # two zeros, type 8 (unsigned byte), dimensions
    try:
        if not path.is_file():  # opening a named pipe would block until someone writes to it
            raise UserError(f"{path} does not exist or is not a file.")
        with open(path, "rb") as raw:
            gzipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            file = gzip.GzipFile(fileobj=raw) if gzipped else raw
            header = file.read(4 + 4 * dimensions)
            if len(header) < 4 + 4 * dimensions or header[:4] != expected:
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
            size = prod(shape)
            data = file.read(size + 1)  # one more than expected, and never all of a zip bomb
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is not a valid IDX file: {error}.") from None
    if len(data) != size:
        found = "more" if len(data) > size else f"{len(data):,}"
        raise UserError(f"{declared}, got {found}; the file is truncated or damaged.")
    return np.frombuffer(data, np.uint8).reshape(shape)


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
