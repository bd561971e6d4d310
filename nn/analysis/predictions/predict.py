"""Predictions of a network for a set of labeled images, with their confidence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import activations, pre_activations
from nn.layers import Array
from nn.metrics import CHUNK
from nn.network import Network, as_input


class Predictions(NamedTuple):
    """n: images."""

    labels: NDArray[np.uint8]  # (n,) the actual digits
    probabilities: NDArray[np.float32]  # (n, 10); of sigmoid outputs ten separate ones
    predicted: NDArray[np.intp]  # (n,) the most likely digit
    confidence: NDArray[np.float32]  # (n,) its probability

    @property
    def correct(self) -> NDArray[np.bool_]:
        equal: NDArray[np.bool_] = self.predicted == self.labels
        return equal


def predict(network: Network, images: Array, labels: Array) -> Predictions:
    """images: (n, 28, 28) uint8; labels: (n,). Raises UserError for a network that has diverged."""
    last = len(network.sizes) - 2
    z = pre_activations(network, images, last)
    probabilities = activations(network, last, z)
    # From the logits, because large ones round to the same probability.
    predicted = z.argmax(axis=1)
    confidence = probabilities[np.arange(len(z)), predicted]
    return Predictions(labels, probabilities, predicted, confidence)


def predicted_digits(network: Network, images: Array) -> NDArray[np.intp]:
    """images: (n, 28, 28) uint8 → (n,) the most likely digits; also of a diverged network."""
    predicted = np.empty(len(images), np.intp)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(images), CHUNK):
            x = as_input(images[start : start + CHUNK], network.parameters.dtype)
            network.logits(x).argmax(axis=0, out=predicted[start : start + CHUNK])
    return predicted


def mistakes(predictions: Predictions) -> NDArray[np.intp]:
    """The numbers of the misclassified images, highest confidence first."""
    return _by_confidence(predictions, ~predictions.correct)


def confusion_cell(predictions: Predictions, actual: int, predicted: int) -> NDArray[np.intp]:
    """The numbers of the images of one digit that are predicted as another, or as itself, highest
    confidence first."""
    chosen = (predictions.labels == actual) & (predictions.predicted == predicted)
    return _by_confidence(predictions, chosen)


def _by_confidence(predictions: Predictions, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    found = np.flatnonzero(chosen)
    return found[np.argsort(-predictions.confidence[found], kind="stable")]
