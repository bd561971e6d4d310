"""Gradient: how the loss on a set of pictures would have the first-layer weights move."""

from __future__ import annotations

import numpy as np

from nn.layers import OUTPUTS, Array
from nn.losses import Loss
from nn.metrics import CHUNK
from nn.network import Network, as_input


def gradient(network: Network, loss: Loss, images: Array, labels: Array) -> Array:
    """images: (n, 28, 28) uint8; labels: (n,), n at least 1 → (neurons, 784): ∂loss/∂W of the first
    layer, the mean over the pictures, without dropout. A weight falls where it is above 0."""
    # A copy: others read with this network meanwhile, and this one writes its gradients.
    output = next(name for name, kind in OUTPUTS.items() if type(network.output) is kind)
    own = Network(network.sizes, network.activation, output, network.parameters.dtype)
    own.parameters[...] = network.parameters
    shape = network.sizes[:2]
    total = np.zeros(shape, network.parameters.dtype)
    for start in range(0, len(images), CHUNK):
        x = as_input(images[start : start + CHUNK], own.parameters.dtype)
        ys, dys = own.workspace(len(x)), own.workspace(len(x))
        loss(own.output, own.forward(x, ys), labels[start : start + CHUNK], dys[-1])
        own.backward(x, ys, dys)
        total += own.gradients[: total.size].reshape(shape) * (len(x) / len(images))
    return np.ascontiguousarray(total.T)
