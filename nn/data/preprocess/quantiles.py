"""Median and quantile, without numpy.ma: NumPy's import it when they are first called, which takes
longer than everything else about the first image.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[Any]) -> float:
    """The median of at least one value."""
    return quantile(values, 0.5)


def quantile(values: NDArray[Any], q: float) -> float:
    """The quantile q, from 0 to 1, of at least one value; between two of them interpolated."""
    index = q * (values.size - 1)
    low = int(index)
    high = min(low + 1, values.size - 1)
    part = np.partition(values, (low, high), axis=None)
    return float(part[low]) + (index - low) * (float(part[high]) - float(part[low]))
