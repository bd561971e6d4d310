"""Metrics: the mean loss and the accuracy of a network on a set of labeled images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nn.layers import Array
from nn.losses import Loss
from nn.network import Network, as_input

CHUNK = 1000  # images at a time, so that their activations stay in the cache


class Score(NamedTuple):
    loss: float  # mean over the images
    accuracy: float  # share of images classified correctly, 0–1


class Sample:
    """Some of a set's images, always the same, ready to measure the accuracy on them again and
    again."""

    def __init__(self, images: Array, labels: Array, count: int, network: Network) -> None:
        """``count`` of the images (n, 28, 28) uint8, n at least 1, or all if there are fewer:
        evenly spaced ones, because the files of a folder may be sorted by digit. For soft
        labels (n, classes), the most probable class is the true one."""
        labels = labels.argmax(axis=1) if labels.ndim == 2 else labels
        rows = np.linspace(0, len(labels) - 1, min(count, len(labels))).round().astype(np.intp)
        self._network, self._labels = network, labels[rows]
        self._x = as_input(images[rows], network.parameters.dtype)

    def accuracy(self) -> float:
        """The share that the network classifies correctly as it is now, 0–1."""
        with np.errstate(over="ignore", invalid="ignore"):  # of a network that diverges
            predicted = self._network.logits(self._x).argmax(axis=0)
        return float(np.count_nonzero(predicted == self._labels) / len(self._labels))


def evaluate(network: Network, loss: Loss, images: Array, labels: Array) -> Score:
    """Score ``network`` on images (n, 28, 28) uint8 with labels (n,); n must be at least 1."""
    total, correct = 0.0, 0
    for start in range(0, len(images), CHUNK):
        x = as_input(images[start : start + CHUNK], network.parameters.dtype)
        chunk_labels = labels[start : start + CHUNK]
        z = network.logits(x)
        correct += int(np.count_nonzero(z.argmax(axis=0) == chunk_labels))
        total += loss(network.output, z, chunk_labels) * len(chunk_labels)
    return Score(total / len(images), correct / len(images))
