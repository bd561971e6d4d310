"""Peak speed of float32 matrix products on this machine, with the same NumPy and threads."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np

SIDE, ROUNDS = 2048, 7


def peak() -> float:
    """GFLOP/s of a 2048 × 2048 × 2048 product; median of several."""
    a = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    out = np.empty_like(a)
    seconds = []
    for _ in range(ROUNDS):
        began = perf_counter()
        np.matmul(a, a, out=out)
        seconds.append(perf_counter() - began)
    return 2e-9 * SIDE**3 / median(seconds)
