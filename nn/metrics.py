"""Metrics: how well a network reads a set of pictures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nn.layers import Array
from nn.losses import Loss
from nn.network import Network, as_input

CHUNK = 1000  # pictures at a time: their activations stay in cache


class Score(NamedTuple):
    loss: float  # mean over the pictures
    accuracy: float  # share read right, 0–1


def evaluate(network: Network, loss: Loss, images: Array, labels: Array) -> Score:
    """Score ``images`` (n, 28, 28) uint8 against ``labels`` (n,); n must be at least 1."""
    total, right = 0.0, 0
    for start in range(0, len(images), CHUNK):
        x = as_input(images[start : start + CHUNK], network.parameters.dtype)
        truth = labels[start : start + CHUNK]
        z = network.logits(x)
        right += int(np.count_nonzero(z.argmax(axis=1) == truth))
        total += loss(network.output, z, truth, np.empty_like(z)) * len(x)
    return Score(total / len(images), right / len(images))
