"""Lines: no weight left out is stronger than one that is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.neurons.strongest_weights import strongest
from nn.network import Network, views


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    most=st.integers(1, 40),
    seed=st.integers(0, 9),
    dtype=st.sampled_from([np.float16, np.float32]),
)
def test_the_strongest_weights_of_each_layer_weakest_first(sizes, most, seed, dtype):
    network = Network(sizes)
    network.initialize("normal", np.random.default_rng(seed))
    parameters = network.parameters.astype(dtype)
    found = strongest(parameters, sizes, most)
    for lines, (W, _) in zip(found, views(parameters, sizes), strict=True):
        assert len(lines.weight) == min(most, W.size)
        np.testing.assert_array_equal(lines.weight, W[lines.start, lines.end])
        expected = np.sort(np.abs(W.ravel()))[-most:]
        np.testing.assert_array_equal(np.abs(lines.weight), expected)
        assert len(set(zip(lines.start, lines.end, strict=True))) == len(lines.weight)


@pytest.mark.parametrize("most", [1, 5])
def test_weights_that_are_all_equal_are_drawn_all_the_same(most):
    [lines] = strongest(np.zeros(12, np.float16), (5, 2), most)
    assert len(lines.weight) == most and not lines.weight.any()
