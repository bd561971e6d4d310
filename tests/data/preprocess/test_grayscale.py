"""Grayscale conversion keeps all gray levels and bounds memory."""

from __future__ import annotations

import tracemalloc

import numpy as np

from nn.data.preprocess.grayscale import as_image


def test_sixteen_bits_keep_every_gray_level():
    levels = np.arange(2**16, dtype=np.uint16).reshape(256, 256)
    expected = (levels / 65_535).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(as_image(levels)), expected)


def test_a_large_16_bit_image_is_converted_in_single_precision():
    image = np.full((1000, 1000), 60_000, np.uint16)
    tracemalloc.start()
    try:
        as_image(image)
        assert tracemalloc.get_traced_memory()[1] < 18 * image.size
    finally:
        tracemalloc.stop()
