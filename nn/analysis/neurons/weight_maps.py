"""Weights: what each neuron of a layer looks for, as a picture, and whom it speaks to.

The change between two moments is the difference of their pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import check_layer, check_neuron
from nn.errors import UserError
from nn.layers import Array
from nn.network import views


def pictures(
    parameters: Array, sizes: Sequence[int], layer: int = 0, neurons: slice = slice(None)
) -> NDArray[np.float32]:
    """→ (neurons, 784): in the first layer a neuron's own weights; in a deeper one those weights
    led back to the pixels, as the product W₁ W₂ … of all matrices up to it. That leaves the
    activations between them out, so it says what pulls at the neuron, not exactly how hard.

    parameters: flat, as nn.network.Network.parameters. Raises UserError for no such layer.
    """
    check_layer(sizes, layer)
    matrices = [W for W, _ in views(parameters, sizes)][: layer + 1]
    back = matrices[-1].T[neurons].astype(np.float32)
    for W in reversed(matrices[:-1]):
        back = back @ W.T.astype(np.float32)
    return np.ascontiguousarray(back)


def outgoing(
    parameters: Array, sizes: Sequence[int], layer: int, neuron: int
) -> NDArray[np.float32]:
    """→ (width of the next layer,): how strongly a neuron speaks for each neuron there.

    Raises UserError for no such neuron, and for the output layer, after which nothing comes.
    """
    check_neuron(sizes, layer, neuron)
    if layer == len(sizes) - 2:
        raise UserError("The output layer's neurons are the answers: nothing listens to them.")
    W = list(views(parameters, sizes))[layer + 1][0]
    spoken: NDArray[np.float32] = W[neuron].astype(np.float32)
    return spoken
