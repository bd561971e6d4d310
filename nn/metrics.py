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
