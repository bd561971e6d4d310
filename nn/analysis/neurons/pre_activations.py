"""Pre-activations (W x + b) and activations of every neuron of a layer.

Layers are numbered from 0, the first hidden layer; the last is the output layer. A network without
hidden layers therefore has one layer, 0: its ten outputs.
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
            f"This network has layers 0 to {last}, the last being the output layer; got {layer}."
        )


def check_neuron(sizes: Sequence[int], layer: int, neuron: int) -> None:
    """Raises UserError unless a network of these ``sizes`` has this neuron in this layer."""
    check_layer(sizes, layer)
    if not 0 <= neuron < sizes[layer + 1]:
        raise UserError(f"Layer {layer} has neurons 0 to {sizes[layer + 1] - 1:,}; got {neuron}.")


def is_output(network: Network, layer: int) -> bool:
    return layer == len(network.sizes) - 2


def layers_after(network: Network, layer: int) -> list[Layer]:
    """What follows the pre-activations of ``layer``, beginning with its activation function."""
    dense = [i for i, part in enumerate(network.layers) if isinstance(part, Dense)]
    return network.layers[dense[layer] + 1 :]


def pre_activations(network: Network, images: Array, layer: int) -> NDArray[np.float32]:
    """images: (n, 28, 28) uint8 → (n, width) of ``layer``: W x + b.

    Takes 4 bytes a number: 5 MB for 128 neurons and 10,000 images. Raises UserError for a layer
    that does not exist, and for a network that has diverged.
    """
    check_layer(network.sizes, layer)
    up_to_here = network.layers[: len(network.layers) - len(layers_after(network, layer))]
    z = np.empty((len(images), network.sizes[layer + 1]), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(images), CHUNK):
            x = as_input(images[start : start + CHUNK], network.parameters.dtype)
            for part in up_to_here:
                x = part.forward(x)
            z[start : start + CHUNK] = x.T
    if not np.isfinite(z).all():
        raise UserError(
            "The network has diverged at this snapshot: its values are no longer finite. Choose an "
            "earlier snapshot."
        )
    return z


def activations(network: Network, layer: int, z: Array) -> Array:
    """z: (n, width), as ``pre_activations`` → (n, width): the activation function's values; in the
    output layer the probabilities."""
    if is_output(network, layer):
        return network.output.forward(z.T).T
    return layers_after(network, layer)[0].forward(z)


def is_active(network: Network, layer: int, z: Array) -> NDArray[np.bool_]:
    """z: (n, width), as ``pre_activations`` → (n, width): whether each neuron is active.

    A neuron is active where its pre-activation is above 0: where relu, leaky_relu, gelu and tanh
    are above 0 and sigmoid is above ½. A softmax output is active where it is the predicted class,
    because only the differences of its inputs matter.
    """
    if is_output(network, layer) and isinstance(network.output, Softmax):
        predicted: NDArray[np.bool_] = z.argmax(axis=1)[:, None] == np.arange(z.shape[1])
        return predicted
    positive: NDArray[np.bool_] = z > 0
    return positive
