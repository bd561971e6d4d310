from __future__ import annotations

import numpy as np
import pytest

from nn.augmentation import CHUNK, RANGES
from nn.batches import Batches
from nn.random_streams import CURRENT_VERSION


@pytest.mark.parametrize("augmentation", [0.0, 1.0])
@pytest.mark.parametrize("batch_size", [10, 2 * CHUNK + 7])
def test_a_batch_loaded_in_parts_is_the_batch(noise, batch_size, augmentation):
    batches = Batches(noise(200), batch_size, 1, augmentation, RANGES, CURRENT_VERSION)
    whole, parts = (np.zeros((batch_size, 784), np.float32) for _ in range(2))
    batches.load(0, whole)
    for part in (slice(0, 3), slice(3, batch_size - 2), slice(batch_size - 2, batch_size)):
        before = parts.copy()
        batches.load(0, parts, part)
        outside = np.ones(batch_size, bool)
        outside[part] = False
        np.testing.assert_array_equal(parts[outside], before[outside])
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert whole.max() > 0.9


def test_the_last_batch_of_an_epoch_is_smaller(noise):
    batches = Batches(noise(23), 10, 1, 0.0, RANGES, CURRENT_VERSION)
    assert batches.per_epoch == 3
    assert [batches.size(step) for step in range(6)] == [10, 10, 3, 10, 10, 3]
    assert [len(batches.labels(step)) for step in range(6)] == [10, 10, 3, 10, 10, 3]
