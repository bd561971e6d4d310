"""Matrix products, cut where smaller pieces are faster.

A BLAS library copies both factors into an order of its own before it multiplies them. For narrow
layers that copying takes up to half of the time. OpenBLAS has kernels without it for small products
on some processors, and chooses them up to 10⁶ multiplications. So a somewhat larger product is
computed a few rows, that is a few neurons, at a time: 784 → 30 at batch 128 in 65 µs, not 120.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

SMALL = 10**6  # multiplications in the largest product for which OpenBLAS does not copy
MAX_PIECES = 16  # with more, the copying takes so small a share that the calls cost more
WITH_SMALL_KERNELS = {"SkylakeX", "Cooperlake", "SapphireRapids"}  # as OpenBLAS calls them: AVX-512


def matmul(a: NDArray[Any], b: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
    """a (m, k) @ b (k, n) → (m, n), written into ``out`` if it is given.

    How the product is cut depends on shapes and machine alone, so the same product has the same
    bits each time.
    """
    m, k = a.shape
    n = b.shape[1]
    if m * k * n <= SMALL or not _has_small_kernels():
        return np.matmul(a, b, out=out)
    rows = SMALL // (k * n) // 4 * 4  # four at a time is what the kernels are made for
    if m > rows * MAX_PIECES:
        return np.matmul(a, b, out=out)
    if out is None:
        out = np.empty((m, n), a.dtype)
    for start in range(0, m, rows):
        piece = slice(start, start + rows)
        np.matmul(a[piece], b, out=out[piece])
    return out


@cache
def _has_small_kernels() -> bool:
    return any(library.get("architecture") in WITH_SMALL_KERNELS for library in threadpool_info())
