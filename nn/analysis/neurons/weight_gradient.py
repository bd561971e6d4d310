"""The gradient of the loss with respect to the first layer's weights, over a set of images."""

from __future__ import annotations

import numpy as np

from nn.layers import Array
from nn.losses import Loss
from nn.metrics import CHUNK
from nn.network import Network, as_input


def weight_gradient(network: Network, loss: Loss, images: Array, labels: Array) -> Array:
    """images: (n, 28, 28) uint8; labels: (n,), n at least 1 → (neurons, 784): ∂loss/∂W of the first
    layer, the mean over the images, without dropout. Gradient descent lowers a weight where the
    gradient is above 0."""
    total = np.zeros(network.sizes[1::-1], network.parameters.dtype)
    for start in range(0, len(images), CHUNK):
        x = as_input(images[start : start + CHUNK], network.parameters.dtype)
        xs = network.layer_inputs(x)
        dz = np.empty_like(xs[-1])
        loss(network.output, xs[-1], labels[start : start + CHUNK], dz)
        dy = network.input_gradients(xs, dz)[1]  # of the first layer's output
        total += dy @ x.T * (x.shape[1] / len(images))
    return total
