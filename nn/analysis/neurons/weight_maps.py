"""Weight maps: the weights of each neuron of a layer as an image, and its outgoing weights.

The change of the weights between two snapshots is the difference of their weight maps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import check_layer, check_neuron
from nn.errors import UserError
from nn.layers import Array
from nn.network import layer_views


def weight_maps(
    parameters: Array, sizes: Sequence[int], layer: int = 0, neurons: slice = slice(None)
) -> NDArray[np.float32]:
    """→ (neurons, 784): in the first layer, a neuron's incoming weights; in a deeper layer, those
    weights projected to pixel space by the product … W₂ W₁ of all matrices up to it. The projection
    ignores the activation functions in between, so it shows the direction of a pixel's influence,
    but not its exact size.

    parameters: flat, as nn.network.Network.parameters. Raises UserError for a layer that does not
    exist.
    """
    check_layer(sizes, layer)
    matrices = [W for W, _ in layer_views(parameters, sizes)][: layer + 1]
    maps = matrices[-1][neurons].astype(np.float32)
    for W in reversed(matrices[:-1]):
        maps = maps @ W.astype(np.float32)
    return np.ascontiguousarray(maps)


def outgoing_weights(
    parameters: Array, sizes: Sequence[int], layer: int, neuron: int
) -> NDArray[np.float32]:
    """→ (width of the next layer,): the weights from one neuron to every neuron of the next layer.

    Raises UserError for a neuron that does not exist, and for one of the output layer.
    """
    check_neuron(sizes, layer, neuron)
    if layer == len(sizes) - 2:
        raise UserError("Neurons of the output layer have no outgoing weights.")
    W = list(layer_views(parameters, sizes))[layer + 1][0]
    outgoing: NDArray[np.float32] = W[:, neuron].astype(np.float32)
    return outgoing
