"""Evidence: which pixels, and which neurons, made a network say what it said."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nn.layers import Array, Dense, Dropout
from nn.network import Network, as_input


class Evidence(NamedTuple):
    """Of one picture, for each of the ten digits.

    A digit's logit is its pixels' evidence plus ``rest``. In a network of ReLU, or leaky ReLU,
    neurons, which is linear around the picture, that is exact and ``rest`` is what the biases add;
    elsewhere it is the best straight line (input × gradient: Shrikumar et al. 2016, *Not just a
    black box*, §2.2).
    """

    logits: Array  # (10,)
    pixels: Array  # (10, 28, 28): pixel · ∂logit/∂pixel; above 0 it speaks for the digit
    rest: Array  # (10,)
    fired: Array  # (n,): what each neuron of the first hidden layer says; n is 0 without one
    pushes: Array  # (10, n): what it says · ∂logit/∂(what it says)


def evidence(network: Network, image: Array) -> Evidence:
    """image: (28, 28) uint8 in MNIST's frame. Writes nothing of the network's own."""
    xs = [as_input(image[np.newaxis], network.parameters.dtype)]  # what each layer is given
    for layer in network.layers:
        xs.append(layer.forward(xs[-1]))
    logits = xs[-1][0]
    dy = np.eye(len(logits), dtype=logits.dtype)  # a row a digit, from here on
    dys = [dy]
    for layer, x, y in reversed(list(zip(network.layers, xs, xs[1:], strict=False))):
        if isinstance(layer, Dense):
            dy = dy @ layer.W.T
        elif not isinstance(layer, Dropout):
            dx = np.empty((len(dy), x.shape[1]), dy.dtype)
            layer.backward(x, y, dy, dx)
            dy = dx
        dys.append(dy)
    dys.reverse()  # now as xs: ∂logits/∂x
    pixels = xs[0] * dys[0]
    hidden = len(network.sizes) > 2
    return Evidence(
        logits,
        pixels.reshape(-1, 28, 28),
        logits - pixels.sum(axis=1),
        xs[2][0] if hidden else logits[:0],
        xs[2] * dys[2] if hidden else np.empty((len(logits), 0), logits.dtype),
    )
