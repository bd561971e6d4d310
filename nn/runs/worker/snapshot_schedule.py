"""What is kept of a run to look at later: frames of its parameters, points of its loss curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.layers import Array

MAX_SNAPSHOTS = 240
MIN_SNAPSHOTS, STEPS_PER_SNAPSHOT = (
    40,
    40,
)  # a snapshot costs two steps
MAX_SNAPSHOT_BYTES = 64 * 2**20
CURVE_POINTS = 2000


def to_float16(parameters: Array) -> NDArray[np.float16]:
    """float32 → float16, for looking; what exceeds its range becomes its largest number.

    By its bits, three times as fast as NumPy's conversion: scaled by 2⁻¹¹², a float32 has float16's
    exponent, and of its mantissa's 23 bits the last 13 are rounded off, ties to even. (Below
    float16's smallest normal number, 6·10⁻⁵, ties may go the other way.)
    """
    most = np.finfo(np.float16).max.astype(np.float32)
    scaled = np.clip(parameters, -most, most)
    scaled *= np.float32(2.0**-112)
    bits = scaled.view(np.uint32)
    sign = (bits >> 16) & 0x8000
    bits &= 0x7FFFFFFF
    bits += ((bits >> 13) & 1) + 0xFFF
    bits >>= 13
    bits |= sign
    return bits.astype("<u2").view("<f2")


def snapshot_steps(steps: int, parameters: int) -> frozenset[int]:
    """The steps of a run of which its ``parameters`` are kept.

    The first and the last among them, evenly spaced in the logarithm: learning happens early.
    """
    most = min(MAX_SNAPSHOTS, max(MIN_SNAPSHOTS, steps // STEPS_PER_SNAPSHOT))
    most = min(most, MAX_SNAPSHOT_BYTES // (2 * parameters)) - 1  # one more: where it was stopped
    most = max(2, most)
    spaced = np.geomspace(max(1, steps), 1, most - 1)  # from the end, which must be among them
    return frozenset(np.rint(spaced).astype(int).tolist()) | {0}


def curve_steps(steps: int) -> frozenset[int]:
    """The steps at which the loss curve has a point: dense at the start, then even."""
    early = np.geomspace(1, max(1, steps), CURVE_POINTS // 10)
    even = np.linspace(1, max(1, steps), CURVE_POINTS)
    return frozenset(np.rint(np.concatenate([early, even])).astype(int).tolist())
