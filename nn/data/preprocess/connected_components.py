"""Blobs: connected patches of ink, found by joining each row's runs to the next row's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (h, w)


def label(mask: Mask) -> tuple[NDArray[np.intp], int]:
    """(labels, how many): each pixel's blob from 1, 0 outside; pixels touch by corners too."""
    height, width = mask.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = mask
    step = np.diff(padded, axis=1).ravel()  # a row has width + 1 steps
    starts, ends = np.flatnonzero(step == 1), np.flatnonzero(step == -1)
    # A run meets those of the row above that end after it starts and start before it ends.
    above = width + 1
    first = np.searchsorted(ends, starts - above)
    last = np.searchsorted(starts, ends - above, side="right")
    counts = np.maximum(last - first, 0)
    lower = np.repeat(np.arange(len(starts)), counts)
    upper = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts) + first[lower]
    parent = list(range(len(starts)))
    for one, other in zip(lower.tolist(), upper.tolist(), strict=True):  # union–find (Tarjan 1975)
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        while parent[other] != other:
            parent[other] = other = parent[parent[other]]
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    for run, above_it in enumerate(parent):  # a parent comes first: its own is final
        parent[run] = parent[above_it]
    roots = np.asarray(parent, np.intp)
    number = np.cumsum(roots == np.arange(len(roots)))
    row, lengths = starts // above, ends - starts
    flat = np.zeros(height * width, np.intp)
    # starts count width + 1 a row, pixels only width
    inside = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    flat[np.repeat(starts - row, lengths) + inside] = np.repeat(number[roots], lengths)
    return flat.reshape(height, width), int(number.max(initial=0))
