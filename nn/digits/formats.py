"""File formats of labelled pictures.

IDX: http://yann.lecun.com/exdb/mnist/, section "File formats for the MNIST database".
"""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.errors import UserError


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """An IDX file of unsigned bytes, gzipped or not → array with that many ``dimensions``.

    Raises UserError naming the file when it is corrupt, cut off, or of another kind.
    """
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read as an IDX file: {error}.") from None
    header = 4 + 4 * dimensions
    expected = bytes([0, 0, 8, dimensions])  # two zeros, type 8 = unsigned byte, dimensions
    if len(data) < header or data[:4] != expected:
        raise UserError(
            f"{path}: expected an IDX file starting with {expected.hex(' ')} "
            f"({dimensions} dimension{'s' * (dimensions > 1)} of bytes), "
            f"found {data[:4].hex(' ') or 'an empty file'}."
        )
    shape = [int(size) for size in np.frombuffer(data, ">u4", dimensions, offset=4)]
    # (NumPy cannot make an array whose other sides are huge, even where one side is 0.)
    if len(data) - header != prod(shape) or prod(filter(None, shape)) >= 2**63:
        raise UserError(
            f"{path}: its header promises {' × '.join(map(str, shape))} bytes, "
            f"found {len(data) - header:,}; the file is cut off or corrupt. Fetch it again."
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
