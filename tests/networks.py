"""Networks of every shape and kind, for tests."""

from __future__ import annotations

import numpy as np

from nn.layers import ACTIVATIONS, OUTPUTS
from nn.network import Network, layer_views

SHAPES = [(), (1,), (7,), (6, 1, 5, 4, 3)]  # of hidden layers
KINDS = [(activation, output) for activation in ACTIVATIONS for output in OUTPUTS]


def make(hidden=(7,), activation="relu", output="softmax", seed=0):
    """A network of random weights and biases."""
    network = Network((784, *hidden, 10), activation, output)
    rng = np.random.default_rng(seed)
    for W, b in layer_views(network.parameters, network.sizes):
        W[...] = rng.standard_normal(W.shape) / np.sqrt(W.shape[1])
        b[...] = rng.standard_normal(b.shape) / 3
    return network


def diverged(hidden=(7,)):
    network = make(hidden)
    network.parameters[:20000] = np.inf
    return network
