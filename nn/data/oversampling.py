"""Rare hands: which pictures of a digit are written unlike most, to be learned from oversample.

MNIST's writers seldom give a 1 a flag or a 7 a bar, so a network hardly learns that people do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.data.dataset import Dataset

COMMON = 10  # principal components of a digit's pictures: how most people vary it
RARE = 0.25  # this share of each digit's pictures is repeated …
MOST = 25  # … the rarest so many times


def oversample(pictures: Dataset) -> Dataset:
    """The same pictures, the rare ones repeated: the k-th rarest of n of its digit RARE · n / k
    times. So the rarest hundredth is seen as often as the tenth after it."""
    times = np.clip(RARE / rarity(pictures), 1, MOST).astype(np.intp)
    chosen = np.repeat(np.arange(len(times)), times)
    return pictures[chosen]


def rarity(pictures: Dataset) -> NDArray[np.float64]:
    """(n,): of each picture, which share of its digit's is as rare or rarer: from 1 / n to 1.

    Rare is what the digit's first principal components leave unexplained of the picture, blurred
    to 14 × 14 and of unit length.
    """
    blurred = _blurred(pictures.images)
    ranks = np.empty(len(blurred))
    for digit in np.unique(pictures.labels):
        own = np.flatnonzero(pictures.labels == digit)
        apart = blurred[own] - blurred[own].mean(axis=0)
        _, components = np.linalg.eigh(apart.T @ apart)  # the strongest come last
        common = components[:, -COMMON:]
        left = np.square(apart).sum(axis=1) - np.square(apart @ common).sum(axis=1)
        ranks[own[np.argsort(-left, kind="stable")]] = np.arange(1, len(own) + 1) / len(own)
    return ranks


def _blurred(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 28, 28) → (n, 196), of unit length."""
    at = np.arange(0, images.shape[1], 2)
    near = np.exp(-np.square(np.arange(images.shape[1]) - at[:, None]) / (2 * 0.8**2))
    near = (near / near.sum(axis=1, keepdims=True)).astype(np.float32)
    small = (near @ images.astype(np.float32) @ near.T).reshape(len(images), -1)
    length = np.sqrt(np.square(small).sum(axis=1, keepdims=True))
    return np.asarray(small / np.maximum(length, 1e-6))
