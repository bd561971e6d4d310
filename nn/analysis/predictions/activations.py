"""Activations: what every node of a network says to one picture."""

from __future__ import annotations

import numpy as np

from nn.layers import Array, Dense, Dropout
from nn.network import Network, as_input


def activations(network: Network, image: Array) -> list[Array]:
    """image: (28, 28) uint8 in MNIST's frame → one array a column of nodes, each as wide as the
    network's sizes say: the pixels in [0, 1], each hidden layer, the probabilities."""
    x = as_input(image[np.newaxis], network.parameters.dtype)
    columns = [x[0]]
    for layer in network.layers:
        x = layer.forward(x)
        if not isinstance(layer, Dense | Dropout):
            columns.append(x[0])
    columns.append(network.output.forward(x)[0])
    return columns
