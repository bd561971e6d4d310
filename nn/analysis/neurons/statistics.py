"""Statistics of every neuron of a layer over a set of labeled images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import activations, is_active, is_output
from nn.analysis.predictions.confusion import DIGITS
from nn.layers import Array
from nn.network import Network, layer_views

Floats = NDArray[np.float32]

# These activations are never exactly 0: such a neuron is dead when its output hardly varies.
NEVER_ZERO = ("sigmoid", "tanh")
MIN_VARIATION = 0.01  # of the activation's range


class NeuronStatistics(NamedTuple):
    """n: neurons of the layer."""

    weight_norm: Floats  # (n,) Euclidean norm of the incoming weights
    activation_rate: Floats  # (n,) share of images that activate the neuron, 0–1
    mean_activation: Floats  # (n, 10) per digit; NaN for a digit without images
    preferred_class: NDArray[np.intp]  # (n,) the digit with the highest mean activation
    selectivity: Floats  # (n,) 0: the same for all digits; 1: active for the preferred one only
    dead: NDArray[np.bool_]  # (n,)


def neuron_statistics(network: Network, layer: int, z: Array, labels: Array) -> NeuronStatistics:
    """z: (images, n), the ``pre_activations`` of ``layer``; labels: (images,), at least one.

    Selectivity is (a − b) / (a + b), where a is the mean activation for the preferred digit and b
    the mean over the other digits (Morcos et al. 2018, §2.3), both measured from the lowest mean
    activation for any digit, or from 0 if that is lower.

    A neuron is dead if no image activates it; with sigmoid or tanh, and in the output layer, if its
    activation varies by less than a hundredth of its range.
    """
    W = list(layer_views(network.parameters, network.sizes))[layer][0]
    y = activations(network, layer, z)
    mean_activation = mean_per_digit(y, labels)
    preferred_class = np.nanargmax(mean_activation, axis=1)
    activation_rate = is_active(network, layer, z).mean(axis=0, dtype=np.float32)
    if is_output(network, layer) or network.activation in NEVER_ZERO:
        output_range = 2 if network.activation == "tanh" and not is_output(network, layer) else 1
        dead = np.ptp(y, axis=0) < MIN_VARIATION * output_range
    else:
        dead = activation_rate == 0
    return NeuronStatistics(
        weight_norm=np.linalg.norm(W.astype(np.float32), axis=1),
        activation_rate=activation_rate,
        mean_activation=mean_activation,
        preferred_class=preferred_class,
        selectivity=_selectivity(mean_activation, preferred_class),
        dead=dead,
    )


def mean_per_digit(y: Array, labels: Array) -> Floats:
    """y: (images, n) → (n, 10): the mean over the images of each digit; NaN for a digit without."""
    one_hot = np.zeros((DIGITS, len(labels)), np.float32)
    one_hot[labels, np.arange(len(labels))] = 1
    counts = np.bincount(labels, minlength=DIGITS)
    total: Floats = one_hot @ y  # (10, n)
    with np.errstate(invalid="ignore"):
        total /= counts[:, None].astype(np.float32)
    return total.T


def _selectivity(mean_activation: Floats, preferred_class: NDArray[np.intp]) -> Floats:
    baseline = np.minimum(np.nanmin(mean_activation, axis=1), 0)[:, None]
    height = mean_activation - baseline
    preferred = height[np.arange(len(height)), preferred_class]
    other_digits = (~np.isnan(height)).sum(axis=1) - 1
    others = (np.nansum(height, axis=1) - preferred) / np.maximum(other_digits, 1)
    defined = (preferred + others > 0) & (other_digits > 0)
    selectivity = np.zeros(len(height), np.float32)
    np.divide(preferred - others, preferred + others, out=selectivity, where=defined)
    return selectivity
