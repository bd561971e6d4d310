"""Without: how a network reads when one of its neurons says nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import after, check_neuron, is_output
from nn.analysis.predictions.confusion import DIGITS
from nn.errors import UserError
from nn.layers import Array
from nn.losses import Loss
from nn.metrics import CHUNK
from nn.network import Network


class Scores(NamedTuple):
    accuracy: float  # share read right, 0–1
    accuracies: NDArray[np.float64]  # (10,) of each digit's pictures; NaN where there are none
    losses: NDArray[np.float64]  # (10,) mean over each digit's pictures; NaN likewise


def scores(
    network: Network, loss: Loss, layer: int, z: Array, labels: Array, off: int | None = None
) -> Scores:
    """z: (n, width), as ``sums`` of ``layer``; labels: (n,), n at least 1. off: the neuron that
    says 0 to every picture; None: all speak. Only what follows the layer is computed anew.

    Raises UserError for no such neuron, and for one of the output layer: a digit that can never be
    the answer says nothing about the others.
    """
    if off is not None:
        check_neuron(network.sizes, layer, off)
        if is_output(network, layer):
            raise UserError("The output layer's neurons are the answers: none is switched off.")
    logits = np.concatenate(
        [_onwards(network, layer, z[at : at + CHUNK], off) for at in range(0, len(z), CHUNK)]
    )
    right = logits.argmax(axis=1) == labels
    accuracies, losses = np.full((2, DIGITS), np.nan)
    for digit in np.unique(labels):
        of_it = labels == digit
        accuracies[digit] = right[of_it].mean()
        its = logits[of_it]
        losses[digit] = loss(network.output, its, labels[of_it], np.empty_like(its))
    return Scores(float(right.mean()), accuracies, losses)


def _onwards(network: Network, layer: int, z: Array, off: int | None) -> Array:
    """From the sums of a layer to the logits."""
    if is_output(network, layer):
        return z
    activation, *rest = after(network, layer)
    x = activation.forward(z)
    if off is not None:
        x[:, off] = 0
    for part in rest:
        x = part.forward(x)
    return x
