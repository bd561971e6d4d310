"""Forgetting: when in a run each image was learned for good, and how often it was forgotten.

An image is forgotten when it is classified correctly at one snapshot and incorrectly at the next
(Toneva et al. 2019, §3).

``correct_by_snapshot`` is (snapshots, n) bool: whether each image is classified correctly at each
snapshot, in the order of training.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


def learned_at(correct_by_snapshot: Bools) -> NDArray[np.intp]:
    """→ (n,) the snapshot from which on each image is classified correctly to the end; the number
    of snapshots for an image that is misclassified at the last one."""
    snapshots = len(correct_by_snapshot)
    correct_at_the_end = np.argmin(correct_by_snapshot[::-1], axis=0)  # how many in a row
    always = correct_by_snapshot.all(axis=0)
    return np.where(always, 0, snapshots - correct_at_the_end)


def forgetting_events(correct_by_snapshot: Bools) -> NDArray[np.intp]:
    """→ (n,) how often each image was forgotten."""
    events: NDArray[np.intp] = np.count_nonzero(
        correct_by_snapshot[:-1] & ~correct_by_snapshot[1:], axis=0
    )
    return events


def hardest(correct_by_snapshot: Bools) -> NDArray[np.intp]:
    """→ (n,) image numbers: those learned last or never come first; ties by forgetting events, most
    first."""
    return np.lexsort((-forgetting_events(correct_by_snapshot), -learned_at(correct_by_snapshot)))
