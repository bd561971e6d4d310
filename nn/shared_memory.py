"""Arrays in memory that forked processes share, see nn.parallel_step."""

from __future__ import annotations

from math import prod
from mmap import mmap

import numpy as np

from nn.layers import Array


def shared_zeros(shape: int | tuple[int, ...], dtype: np.typing.DTypeLike) -> Array:
    """An array like ``np.zeros``: what a forked process writes into it, the others see."""
    shape = (shape,) if isinstance(shape, int) else shape
    count = prod(shape)
    memory = mmap(-1, max(1, count * np.dtype(dtype).itemsize))  # freed with the last array on it
    return np.frombuffer(memory, dtype, count).reshape(shape)
