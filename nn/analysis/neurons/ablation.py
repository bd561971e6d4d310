"""Ablation: the accuracy and loss of a network with one of its neurons switched off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import check_neuron, is_output, layers_after
from nn.analysis.predictions.confusion import DIGITS
from nn.errors import UserError
from nn.layers import Array
from nn.losses import Loss
from nn.metrics import CHUNK
from nn.network import Network


class Scores(NamedTuple):
    accuracy: float  # 0–1
    accuracy_per_digit: NDArray[np.float64]  # (10,) NaN for a digit without images
    loss_per_digit: NDArray[np.float64]  # (10,) mean loss; NaN for a digit without images


def scores(
    network: Network, loss: Loss, layer: int, z: Array, labels: Array, neuron: int | None = None
) -> Scores:
    """Accuracy and loss with the output of ``neuron`` set to 0; with None, of the whole network.

    z: (n, width), the ``pre_activations`` of ``layer``; labels: (n,), n at least 1. Only the layers
    after ``layer`` are computed again.

    Raises UserError when there is no such neuron, and for a neuron of the output layer: removing a
    class says nothing about the others.
    """
    if neuron is not None:
        check_neuron(network.sizes, layer, neuron)
        if is_output(network, layer):
            raise UserError(
                "Neurons of the output layer stand for the digits and cannot be ablated. "
                "Choose a neuron of a hidden layer."
            )
    logits = np.concatenate(
        [_logits(network, layer, z[at : at + CHUNK], neuron) for at in range(0, len(z), CHUNK)]
    )
    correct = logits.argmax(axis=1) == labels
    accuracy_per_digit, loss_per_digit = np.full((2, DIGITS), np.nan)
    for digit in np.unique(labels):
        chosen = labels == digit
        accuracy_per_digit[digit] = correct[chosen].mean()
        x = logits[chosen]
        loss_per_digit[digit] = loss(network.output, x.T, labels[chosen])
    return Scores(float(correct.mean()), accuracy_per_digit, loss_per_digit)


def _logits(network: Network, layer: int, z: Array, neuron: int | None) -> Array:
    """Continue the forward pass from the pre-activations of ``layer``."""
    if is_output(network, layer):
        return z
    activation, *following = layers_after(network, layer)
    x = activation.forward(z.T)
    if neuron is not None:
        x[neuron] = 0
    for part in following:
        x = part.forward(x)
    return x.T
