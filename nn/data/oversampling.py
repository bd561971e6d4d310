"""Oversampling: repeat images written in an unusual style, so that training sees them more often.

Few writers in MNIST give a 1 a flag or a 7 a bar, so a network hardly learns these forms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.data.dataset import Dataset

COMPONENTS = 10  # principal components per digit that describe the usual variation
OVERSAMPLED_SHARE = 0.25  # of each digit's images: these are repeated …
MAX_REPEATS = 25  # … the most unusual ones this many times


def oversample(dataset: Dataset) -> Dataset:
    """Repeat unusual images.

    Among the n images of a digit, the k-th most unusual appears OVERSAMPLED_SHARE · n / k times, so
    the top 1 % is seen as often as the 10 % after it.
    """
    repeats = np.clip(OVERSAMPLED_SHARE / typicality(dataset), 1, MAX_REPEATS).astype(np.intp)
    rows = np.repeat(np.arange(len(repeats)), repeats)
    return dataset[rows]


def typicality(dataset: Dataset) -> NDArray[np.float64]:
    """(n,): the rank of each image among those of its digit, from 1 / n (most unusual) to 1.

    Images are blurred to 14 × 14 and scaled to unit length. An image is unusual if the digit's
    first principal components leave much of it unexplained.
    """
    blurred = _blur(dataset.images)
    ranks = np.empty(len(blurred))
    for digit in np.unique(dataset.labels):
        rows = np.flatnonzero(dataset.labels == digit)
        deviations = blurred[rows] - blurred[rows].mean(axis=0)
        _, components = np.linalg.eigh(deviations.T @ deviations)  # ascending eigenvalues
        first = components[:, -COMPONENTS:]
        residual = np.square(deviations).sum(axis=1) - np.square(deviations @ first).sum(axis=1)
        order = np.argsort(-residual, kind="stable")
        ranks[rows[order]] = np.arange(1, len(rows) + 1) / len(rows)
    return ranks


def _blur(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 28, 28) → (n, 196), each of unit length."""
    side = images.shape[1]
    centers = np.arange(0, side, 2)
    kernel = np.exp(-np.square(np.arange(side) - centers[:, None]) / (2 * 0.8**2))
    kernel = (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32)
    small = (kernel @ images.astype(np.float32) @ kernel.T).reshape(len(images), -1)
    length = np.sqrt(np.square(small).sum(axis=1, keepdims=True))
    return np.asarray(small / np.maximum(length, 1e-6))
