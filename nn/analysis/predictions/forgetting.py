"""Learned: when in a run each picture was read right for good, and how often it was forgotten.

Forgetting: read right at one frame and wrong at the next (Toneva et al. 2019, §3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nn.analysis.predictions.confusion import answers
from nn.layers import Array
from nn.runs.store.store import RunStore

Bools = NDArray[np.bool_]


def rights(
    store: RunStore, run_id: str, steps: Sequence[int], images: Array, labels: Array
) -> Iterator[Bools]:
    """At each of the kept frames ``steps``, in turn: which of the pictures are read right, (n,).

    A frame takes as long as reading its pictures once: show how far it is, cease to iterate to
    stop. ``np.array(list(...))`` is what the functions below take. Raises UserError where a frame
    is gone.
    """
    network = store.run(run_id).spec.network()
    for step in steps:
        network.parameters[...] = store.snapshot(run_id, step).parameters
        with np.errstate(over="ignore", invalid="ignore"):  # it may have diverged
            right: Bools = answers(network, images) == labels
        yield right


def learned(right: Bools) -> NDArray[np.intp]:
    """right: (frames, n) → (n,) the frame from which on each picture is read right to the end; the
    number of frames where it is wrong in the last."""
    frames = len(right)
    wrong_last = np.argmin(right[::-1], axis=0)  # frames after its last wrong one
    always = right.all(axis=0)
    return np.where(always, 0, frames - wrong_last)


def forgotten(right: Bools) -> NDArray[np.intp]:
    """right: (frames, n) → (n,) how often each picture was forgotten."""
    times: NDArray[np.intp] = np.count_nonzero(right[:-1] & ~right[1:], axis=0)
    return times


def hardest(right: Bools) -> NDArray[np.intp]:
    """right: (frames, n) → the pictures, those first that were learned last or never; of equals,
    those first that were forgotten most often."""
    return np.lexsort((-forgotten(right), -learned(right)))
