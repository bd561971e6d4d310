"""Attribution: how much each pixel and each neuron contributes to the score of each digit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nn.layers import Array
from nn.network import Network, as_input


class Attribution(NamedTuple):
    """Input × gradient for one image, for each of the ten digits.

    A digit's logit is the sum of its pixels' attributions plus ``intercept``. In a network of ReLU
    or leaky ReLU neurons, which is linear around the image, this is exact and ``intercept`` is what
    the biases add; elsewhere it is the first-order approximation (Shrikumar et al. 2016, *Not just
    a black box*, §2.2).
    """

    logits: Array  # (10,)
    pixels: Array  # (10, 28, 28): pixel · ∂logit/∂pixel; above 0 it raises the digit's score
    intercept: Array  # (10,)
    activations: Array  # (n,): of the first hidden layer; n is 0 without one
    contributions: Array  # (10, n): activation · ∂logit/∂activation


def attribution(network: Network, image: Array) -> Attribution:
    """image: (28, 28) uint8 in MNIST's frame. Changes nothing in the network."""
    xs = network.layer_inputs(as_input(image[np.newaxis], network.parameters.dtype))
    logits = xs[-1][:, 0]
    # One column for each digit: ∂logit/∂x, for the input x of each layer.
    dxs = network.input_gradients(xs, np.eye(len(logits), dtype=logits.dtype))
    pixels = (xs[0] * dxs[0]).T
    hidden = len(network.sizes) > 2
    return Attribution(
        logits,
        pixels.reshape(-1, 28, 28),
        logits - pixels.sum(axis=1),
        xs[2][:, 0] if hidden else logits[:0],
        (xs[2] * dxs[2]).T if hidden else np.empty((len(logits), 0), logits.dtype),
    )
