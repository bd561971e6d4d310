"""The gradient of the loss with respect to the first layer's weights, over a set of images."""

from __future__ import annotations

import numpy as np

from nn.layers import OUTPUTS, Array
from nn.losses import Loss
from nn.metrics import CHUNK
from nn.network import Network, as_input


def weight_gradient(network: Network, loss: Loss, images: Array, labels: Array) -> Array:
    """images: (n, 28, 28) uint8; labels: (n,), n at least 1 → (neurons, 784): ∂loss/∂W of the first
    layer, the mean over the images, without dropout. Gradient descent lowers a weight where the
    gradient is above 0."""
    # A copy, because this writes gradients while others may predict with the same network.
    output = next(name for name, kind in OUTPUTS.items() if type(network.output) is kind)
    copy = Network(network.sizes, network.activation, output, network.parameters.dtype)
    copy.parameters[...] = network.parameters
    shape = network.sizes[:2]
    total = np.zeros(shape, network.parameters.dtype)
    for start in range(0, len(images), CHUNK):
        x = as_input(images[start : start + CHUNK], copy.parameters.dtype)
        ys, dys = copy.workspace(len(x)), copy.workspace(len(x))
        loss(copy.output, copy.forward(x, ys), labels[start : start + CHUNK], dys[-1])
        copy.backward(x, ys, dys)
        total += copy.gradients[: total.size].reshape(shape) * (len(x) / len(images))
    return np.ascontiguousarray(total.T)
