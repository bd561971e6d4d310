"""Robustness: the accuracy of a network on corrupted images.

As for any upload, each image is enlarged after the corruption and preprocessed. That takes most of
the time and depends on the images alone, so ``corrupted`` and ``accuracy`` are separate.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn import IMAGE_SIDE
from nn.analysis.predictions.predict import predicted_digits
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic.corruptions import CORRUPTIONS, corrupt
from nn.network import Network

NONE = "none"  # in place of a corruption
KINDS = (NONE, *CORRUPTIONS)
ENLARGED = 280  # pixels


class Corrupted(NamedTuple):
    """n images after one kind of corruption and preprocessing."""

    images: NDArray[np.uint8]  # (n, 28, 28)
    has_digit: NDArray[np.bool_]  # (n,); False: preprocessing finds none


def corrupted(images: NDArray[np.uint8], kind: str) -> Corrupted:
    """images: (n, 28, 28), bright strokes on 0; kind: one of KINDS."""
    damaged = images if kind == NONE else corrupt(images, kind)
    found = [preprocess(enlarged(image)) for image in damaged]
    shape = (len(found), IMAGE_SIDE, IMAGE_SIDE)
    return Corrupted(
        np.array([one.image for one in found], np.uint8).reshape(shape),
        np.array([not one.problem for one in found], bool),
    )


def accuracy(network: Network, of: Corrupted, labels: NDArray[Any]) -> float:
    """labels: (n,), n ≥ 1 → the share classified correctly, 0–1. An image without a digit is an
    error."""
    correct = (predicted_digits(network, of.images) == labels) & of.has_digit
    return float(correct.mean())


def enlarged(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(28, 28) → (ENLARGED, ENLARGED)"""
    size = (ENLARGED, ENLARGED)
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def sample(labels: NDArray[Any], count: int) -> NDArray[np.intp]:
    """labels: (n,) of a test set → at most ``count`` rows of it: the first ones, or evenly spaced
    ones where the first lack a digit, as in a test set sorted by digit."""
    first = np.arange(min(len(labels), count))
    if set(labels[first]) == set(labels):
        return first
    return np.linspace(0, len(labels) - 1, len(first)).round().astype(np.intp)
