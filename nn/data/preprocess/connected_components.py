"""Connected components of a mask, found from the runs of pixels in its rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.data.preprocess.bounding_box import Mask


def label(mask: Mask) -> tuple[NDArray[np.intp], int]:
    """(labels, count): each pixel's component, numbered from 1, and 0 outside the mask.

    Pixels that touch at a corner are connected (8-connectivity).
    """
    height, width = mask.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = mask
    step = np.diff(padded, axis=1).ravel()  # a row has width + 1 steps
    starts, ends = np.flatnonzero(step == 1), np.flatnonzero(step == -1)
    # A run touches the runs in the row above that end after it starts and start before it ends.
    row_above = width + 1
    first = np.searchsorted(ends, starts - row_above)
    last = np.searchsorted(starts, ends - row_above, side="right")
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
    for run, its_parent in enumerate(parent):  # parents have lower numbers, so theirs are final
        parent[run] = parent[its_parent]
    roots = np.asarray(parent, np.intp)
    number = np.cumsum(roots == np.arange(len(roots)))
    row, lengths = starts // row_above, ends - starts
    labels = np.zeros(height * width, np.intp)
    # Runs are indexed with width + 1 steps per row, pixels with width.
    offset = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    labels[np.repeat(starts - row, lengths) + offset] = np.repeat(number[roots], lengths)
    return labels.reshape(height, width), int(number.max(initial=0))
