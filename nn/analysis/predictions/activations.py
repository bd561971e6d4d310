"""The activation of every node of a network for one image."""

from __future__ import annotations

import numpy as np

from nn.layers import Array, Dense, Dropout
from nn.network import Network, as_input


def node_activations(network: Network, image: Array) -> list[Array]:
    """image: (28, 28) uint8 in MNIST's frame → one array for each layer of nodes, as wide as the
    network's ``sizes``: the pixels in [0, 1], each hidden layer, the probabilities."""
    x = as_input(image[np.newaxis], network.parameters.dtype)
    columns = [x[:, 0]]
    for layer in network.layers:
        x = layer.forward(x)
        if not isinstance(layer, Dense | Dropout):
            columns.append(x[:, 0])
    columns.append(network.output.forward(x)[:, 0])
    return columns
