"""Sums: what arrives at every neuron of a layer from each picture, and what it says to that.

Layers are counted from 0, the first hidden one; the last is the output layer, so a network without
a hidden layer has layer 0 too: its ten digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.errors import UserError
from nn.layers import Array, Dense, Layer, Softmax
from nn.metrics import CHUNK
from nn.network import Network, as_input


def check_layer(sizes: Sequence[int], layer: int) -> None:
    """Raises UserError unless a network of these ``sizes`` has this layer."""
    last = len(sizes) - 2
    if not 0 <= layer <= last:
        raise UserError(
            f"This network's layers are 0 to {last}, of which the last are the answers; got "
            f"{layer}."
        )


def check_neuron(sizes: Sequence[int], layer: int, neuron: int) -> None:
    """Raises UserError unless a network of these ``sizes`` has this neuron in this layer."""
    check_layer(sizes, layer)
    if not 0 <= neuron < sizes[layer + 1]:
        raise UserError(
            f"Layer {layer} has the neurons 0 to {sizes[layer + 1] - 1:,}; got {neuron}."
        )


def is_output(network: Network, layer: int) -> bool:
    return layer == len(network.sizes) - 2


def after(network: Network, layer: int) -> list[Layer]:
    """The network's layers that follow the weighted sums of ``layer``: its activation first."""
    dense = [i for i, part in enumerate(network.layers) if isinstance(part, Dense)]
    return network.layers[dense[layer] + 1 :]


def sums(network: Network, images: Array, layer: int) -> NDArray[np.float32]:
    """images: (n, 28, 28) uint8 → (n, width) of ``layer``: x W + b, before the activation.

    Takes 4 bytes a number: 5 MB for 128 neurons and 10,000 pictures. Raises UserError for a layer
    that there is not, and for a network that has diverged.
    """
    check_layer(network.sizes, layer)
    before = network.layers[: len(network.layers) - len(after(network, layer))]
    found = np.empty((len(images), network.sizes[layer + 1]), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(images), CHUNK):
            x = as_input(images[start : start + CHUNK], network.parameters.dtype)
            for part in before:
                x = part.forward(x)
            found[start : start + CHUNK] = x
    if not np.isfinite(found).all():
        raise UserError(
            "The network has diverged by this moment: its numbers are no longer finite. Choose an "
            "earlier one."
        )
    return found


def said(network: Network, layer: int, z: Array) -> Array:
    """z: (n, width), as ``sums`` → what the neurons say: the activation's value, and in the output
    layer the probability."""
    if is_output(network, layer):
        return network.output.forward(z)
    return after(network, layer)[0].forward(z)


def fires(network: Network, layer: int, z: Array) -> NDArray[np.bool_]:
    """z: (n, width), as ``sums`` → whether each neuron fires.

    It does where its sum is above 0: where relu, leaky_relu, gelu and tanh say more than 0, and
    sigmoid more than ½. A softmax output fires where it is the answer: only its differences matter.
    """
    if is_output(network, layer) and isinstance(network.output, Softmax):
        answer: NDArray[np.bool_] = z.argmax(axis=1)[:, None] == np.arange(z.shape[1])
        return answer
    above: NDArray[np.bool_] = z > 0
    return above
