"""Strongest weights: those of largest absolute value, with the nodes they connect."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.analysis.neurons.strongest_weights import strongest_weights
from nn.network import Network, layer_views


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    max_count=st.integers(1, 40),
    seed=st.integers(0, 9),
    dtype=st.sampled_from([np.float16, np.float32]),
)
def test_the_strongest_weights_of_each_layer_weakest_first(sizes, max_count, seed, dtype):
    network = Network(sizes)
    network.initialize("normal", np.random.default_rng(seed))
    parameters = network.parameters.astype(dtype)
    found = strongest_weights(parameters, sizes, max_count)
    for connections, (W, _) in zip(found, layer_views(parameters, sizes), strict=True):
        assert len(connections.weight) == min(max_count, W.size)
        np.testing.assert_array_equal(connections.weight, W[connections.target, connections.source])
        expected = np.sort(np.abs(W.ravel()))[-max_count:]
        np.testing.assert_array_equal(np.abs(connections.weight), expected)
        assert len(set(zip(connections.source, connections.target, strict=True))) == len(
            connections.weight
        )


@pytest.mark.parametrize("max_count", [1, 5])
def test_equal_weights_still_give_the_requested_number_of_connections(max_count):
    [connections] = strongest_weights(np.zeros(12, np.float16), (5, 2), max_count)
    assert len(connections.weight) == max_count and not connections.weight.any()
