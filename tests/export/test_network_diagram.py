"""Every node has its own position, and each line connects two in the color of its weight."""

from __future__ import annotations

import numpy as np
import pytest

from nn.export import network_diagram
from nn.network import Network, layer_views
from tests.networks import SHAPES, make

WIDTH = 480


@pytest.mark.parametrize("width", [200, 1440])
@pytest.mark.parametrize("hidden", [*SHAPES, (1000, 3)])
def test_every_node_lies_inside_the_image_apart_from_the_others(hidden, width):
    sizes = (784, *hidden, 10)
    found = network_diagram.layout(sizes, width)
    assert [len(where) for where, _ in found] == list(sizes)
    high = network_diagram.shades(make(hidden).parameters, sizes, width).shape[0]
    for where, radius in found:
        assert radius > 0
        assert (where >= 0).all() and (where < (width, high)).all()
        assert len(np.unique(where, axis=0)) == len(where)
    right = [where[:, 0].max() for where, _ in found]
    assert right == sorted(right)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("layer", "start", "end"), [(0, 0, 6), (0, 783, 0), (1, 3, 9)])
def test_a_single_weight_is_one_line_between_its_nodes(layer, start, end, sign):
    network = Network((784, 7, 10))
    list(layer_views(network.parameters, network.sizes))[layer][0][end, start] = 0.3 * sign
    shown = sign * network_diagram.shades(network.parameters, network.sizes, WIDTH).astype(int)
    assert shown.min() == 0 and shown.max() > 100
    centers = [where for where, _ in network_diagram.layout(network.sizes, WIDTH)]
    ends = np.stack([centers[layer][start], centers[layer + 1][end]])
    y, x = np.nonzero(shown)
    low, high = ends.min(axis=0) - 2, ends.max(axis=0) + 2
    assert (x >= low[0]).all() and (x <= high[0]).all()
    assert (y >= low[1]).all() and (y <= high[1]).all()
    for column, row in ends.astype(int):
        assert shown[row - 1 : row + 2, column - 1 : column + 2].any()


def test_the_strongest_weight_of_a_layer_has_the_strongest_color():
    network = Network((784, 2, 10))
    W = list(layer_views(network.parameters, network.sizes))[1][0]
    W[0, 0], W[9, 1] = 2.0, -0.5
    shown = network_diagram.shades(network.parameters, network.sizes, WIDTH)
    assert shown.max() > 100
    assert -40 < shown.min() < 0


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_weights_that_are_not_finite_are_omitted(wrong):
    network = make()
    network.parameters[:] = 0
    network.parameters[-80:-70] = wrong  # of the last layer
    assert not network_diagram.shades(network.parameters, network.sizes, WIDTH).any()
