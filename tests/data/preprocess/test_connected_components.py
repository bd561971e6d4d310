from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nn.data.preprocess.connected_components import label


def flood_fill(mask: np.ndarray) -> np.ndarray:
    """A simple reference: every pixel takes the smallest number among its eight neighbors."""
    numbers = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        padded = np.pad(np.where(mask, numbers, mask.size + 1), 1, constant_values=mask.size + 1)
        height, width = mask.shape
        around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
        smallest = np.where(mask, np.min(around, axis=0), 0)
        if (smallest == numbers).all():
            return smallest
        numbers = smallest


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=20), elements=st.booleans()))
def test_exactly_the_pixels_that_touch_share_a_component(mask):
    labels, count = label(mask)

    np.testing.assert_array_equal(labels > 0, mask)
    assert set(labels[mask]) == set(range(1, count + 1))
    pairs = set(zip(labels[mask], flood_fill(mask)[mask], strict=True))
    assert len(pairs) == count == len({number for _, number in pairs})
