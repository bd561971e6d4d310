"""Batches: the training images shuffled in every epoch, in mini-batches ready for the network."""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

import numpy as np

from nn.augmentation import Ranges, augment
from nn.layers import Array
from nn.random_streams import AUGMENTATION, ORDER, stream


class LabeledImages(Protocol):
    """images: (n, 28, 28) uint8; labels: (n,) uint8, or to train on soft labels (n, classes)
    float32."""

    @property
    def images(self) -> Array: ...

    @property
    def labels(self) -> Array: ...


class Batches:
    """The mini-batch of each step; the last of an epoch may be smaller.

    The order of the images is a function of (seed, epoch), their augmentation of (seed, epoch,
    batch). So an epoch can be continued anywhere, and no generator state needs to be saved.

    augmentation: strength, 0 for none (see nn.augmentation). step: counted from 0 over all epochs.
    """

    def __init__(
        self,
        dataset: LabeledImages,
        batch_size: int,
        seed: int,
        augmentation: float,
        ranges: Ranges,
        stream_version: int,
    ) -> None:
        self.count, self.batch_size = len(dataset.labels), batch_size
        self.per_epoch = steps_per_epoch(self.count, batch_size)
        # Plain arrays: every indexing of a memory map costs more.
        self._images = np.asarray(dataset.images).reshape(self.count, -1)
        self._labels = np.asarray(dataset.labels)
        self._seed, self._stream_version = seed, stream_version
        self.augmentation, self._ranges = augmentation, ranges
        self.pixels = self._images.shape[1]
        self._bytes = np.empty((batch_size, self.pixels), np.uint8)
        self._epoch, self._order = -1, np.empty(0, np.intp)

    def size(self, step: int) -> int:
        """The number of images in the batch of ``step``."""
        return min(self.batch_size, self.count - step % self.per_epoch * self.batch_size)

    def labels(self, step: int) -> Array:
        """→ (batch,) uint8, or soft labels (batch, classes) float32."""
        return self._labels[self._chosen(step)]

    def load(self, step: int, x: Array, part: slice = slice(None)) -> None:
        """Fill ``x`` (batch, pixels), or that part of its rows, with the images, in [0, 1]."""
        pixels = self._bytes[: len(x)]
        # Gathered as bytes and scaled here: a quarter of the memory traffic of floats.
        self._images.take(self._chosen(step)[part], axis=0, out=pixels[part], mode="clip")
        if self.augmentation:
            rng = self.stream(AUGMENTATION, step)
            augment(pixels, rng, x, self.augmentation, self._ranges, part)
        else:
            np.multiply(pixels[part], _scale(x.dtype), out=x[part])

    def stream(self, purpose: int, step: int) -> np.random.Generator:
        """The random numbers of one step for one purpose, see nn.random_streams."""
        epoch, number = divmod(step, self.per_epoch)
        return stream(purpose, self._seed, epoch, number, version=self._stream_version)

    def _chosen(self, step: int) -> Array:
        """The indices of the batch's images."""
        epoch, number = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            rng = stream(ORDER, self._seed, epoch, version=self._stream_version)
            self._epoch, self._order = epoch, rng.permutation(self.count)
        return self._order[number * self.batch_size : (number + 1) * self.batch_size]


@cache
def _scale(dtype: np.dtype[Any]) -> Any:
    return np.divide(1, 255, dtype=dtype)


def steps_per_epoch(count: int, batch_size: int) -> int:
    """The number of batches in an epoch of ``count`` images."""
    return -(-count // batch_size)
