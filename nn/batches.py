"""Batches: the training images shuffled in every epoch, in mini-batches ready for the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from nn.augmentation import Ranges, augment
from nn.layers import Array
from nn.random_streams import AUGMENTATION, ORDER, stream


class LabeledImages(Protocol):
    """images: (n, 28, 28) uint8; labels: (n,) uint8."""

    @property
    def images(self) -> Array: ...

    @property
    def labels(self) -> Array: ...


class Batch(NamedTuple):
    number: int  # within its epoch, from 0
    x: Array  # (inputs, batch) in [0, 1]; overwritten by the next batch
    labels: Array  # (batch,)


class Batches:
    """The mini-batches of each epoch; the last of an epoch may be smaller.

    The order of the images is a function of (seed, epoch), their augmentation of (seed, epoch,
    number). So an epoch can be continued anywhere, and no generator state needs to be saved.

    augmentation: strength, 0 for none (see nn.augmentation); dtype: of the network's input.
    """

    def __init__(
        self,
        dataset: LabeledImages,
        batch_size: int,
        seed: int,
        augmentation: float,
        ranges: Ranges,
        stream_version: int,
        dtype: np.typing.DTypeLike,
    ) -> None:
        self.count = len(dataset.labels)
        self.per_epoch = steps_per_epoch(self.count, batch_size)
        # Plain arrays: every indexing of a memory map costs more.
        self._images = np.asarray(dataset.images).reshape(self.count, -1)
        self._labels = np.asarray(dataset.labels)
        self._batch_size, self._seed, self._stream_version = batch_size, seed, stream_version
        self._augmentation, self._ranges = augmentation, ranges
        self._pixels = np.empty((batch_size, self._images.shape[1]), np.uint8)
        self._x = np.empty(self._pixels.shape, dtype)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of ``epoch``, counted from 0, from number ``start`` on."""
        version, size = self._stream_version, self._batch_size
        order = stream(ORDER, self._seed, epoch, version=version).permutation(self.count)
        scale = np.divide(1, 255, dtype=self._x.dtype)
        for number in range(start, self.per_epoch):
            chosen = order[number * size : (number + 1) * size]
            pixels, x = self._pixels[: len(chosen)], self._x[: len(chosen)]
            # Gathered as bytes and scaled here: a quarter of the memory traffic of floats.
            np.take(self._images, chosen, axis=0, out=pixels, mode="clip")
            if self._augmentation:
                rng = stream(AUGMENTATION, self._seed, epoch, number, version=version)
                augment(pixels, rng, x, self._augmentation, self._ranges)
            else:
                np.multiply(pixels, scale, out=x)
            yield Batch(number, x.T, self._labels[chosen])


def steps_per_epoch(count: int, batch_size: int) -> int:
    """The number of batches in an epoch of ``count`` images."""
    return -(-count // batch_size)
