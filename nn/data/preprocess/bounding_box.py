"""Bounding boxes: the smallest rectangle that holds a mask's pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (h, w)


class Box(NamedTuple):
    """A rectangle in pixels, in Pillow's order; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an array (h, w)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def bounding_box(mask: Mask) -> Box:
    """The box around all pixels that are set; at least one must be."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
