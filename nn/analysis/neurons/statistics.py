"""Survey: every neuron of a layer in a few numbers, over a set of labeled pictures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import fires, is_output, said
from nn.analysis.predictions.confusion import DIGITS
from nn.layers import Array
from nn.network import Network, views

Floats = NDArray[np.float32]

NEVER_SILENT = ("sigmoid", "tanh")  # say something at any sum: dead when it is always the same
SAME = 0.01  # of what such a neuron can say


class Survey(NamedTuple):
    """Of each neuron; n: neurons."""

    norm: Floats  # (n,) Euclidean length of its incoming weights
    firing: Floats  # (n,) share of the pictures at which it fires, 0–1
    means: Floats  # (n, 10) what it says to a digit, on average; NaN for one without pictures
    serves: NDArray[np.intp]  # (n,) the digit to which it says most
    selectivity: Floats  # (n,) 0: the same to all digits; 1: it speaks at that one alone
    dead: NDArray[np.bool_]  # (n,)


def survey(network: Network, layer: int, z: Array, labels: Array) -> Survey:
    """z: (pictures, n), as ``sums`` of these pictures; labels: (pictures,), at least one.

    Selectivity: (m − r) / (m + r) with m the mean at the digit it serves and r at the others'
    (Morcos et al. 2018, §2.3), both counted from the least it says to any digit on average, or from
    0 if that is less.

    Dead is a neuron that never fires; with sigmoid and tanh, and in the output layer, one that says
    the same to every picture, within a hundredth of what it could.
    """
    W = list(views(network.parameters, network.sizes))[layer][0]
    y = said(network, layer, z)
    means = per_digit(y, labels)
    serves = np.nanargmax(means, axis=1)
    firing = fires(network, layer, z).mean(axis=0, dtype=np.float32)
    if is_output(network, layer) or network.activation in NEVER_SILENT:
        reach = 2 if network.activation == "tanh" and not is_output(network, layer) else 1
        dead = np.ptp(y, axis=0) < SAME * reach
    else:
        dead = firing == 0
    return Survey(
        norm=np.linalg.norm(W.astype(np.float32), axis=0),
        firing=firing,
        means=means,
        serves=serves,
        selectivity=_selectivity(means, serves),
        dead=dead,
    )


def per_digit(y: Array, labels: Array) -> Floats:
    """y: (pictures, n) → (n, 10): the mean over the pictures of each digit, NaN where none is."""
    which = np.zeros((DIGITS, len(labels)), np.float32)
    which[labels, np.arange(len(labels))] = 1
    counts = np.bincount(labels, minlength=DIGITS)
    total: Floats = which @ y  # (10, n)
    with np.errstate(invalid="ignore"):
        total /= counts[:, None].astype(np.float32)
    return total.T


def _selectivity(means: Floats, serves: NDArray[np.intp]) -> Floats:
    least = np.minimum(np.nanmin(means, axis=1), 0)[:, None]
    height = means - least
    best = height[np.arange(len(means)), serves]
    others = (~np.isnan(means)).sum(axis=1) - 1
    rest = (np.nansum(height, axis=1) - best) / np.maximum(others, 1)
    speaks = (best + rest > 0) & (others > 0)
    found = np.zeros(len(means), np.float32)
    np.divide(best - rest, best + rest, out=found, where=speaks)
    return found
