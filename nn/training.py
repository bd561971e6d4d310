"""Training: a generator of events. To stop, stop iterating."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple, Protocol

import numpy as np

from nn.augmentation import RANGES, Ranges, augment
from nn.layers import Array
from nn.losses import Loss
from nn.metrics import Score, evaluate
from nn.network import Network
from nn.optimizers import Optimizer, clip
from nn.random_streams import AUGMENTATION, CURRENT_VERSION, DROPOUT, ORDER, stream
from nn.schedules import Schedule, constant


class Pictures(Protocol):
    """What training needs of a dataset: images (n, 28, 28) uint8, labels (n,) uint8."""

    @property
    def images(self) -> Array: ...

    @property
    def labels(self) -> Array: ...


SMOOTHING = 1000  # pictures: the running mean of the loss looks back about so far


@dataclass
class Position:
    """How far a training has come; with parameters and optimizer, all it needs to go on.

    The order of an epoch's pictures is a function of (seed, epoch); how they are varied and what
    dropout drops, of (seed, epoch, batch). So no generator state is kept: a run continued from a
    position is bit for bit the run that was never interrupted.
    """

    step: int = 0  # batches done since the start
    epoch_loss: float = 0.0  # Σ loss · pictures in the current epoch
    epoch_seconds: float = 0.0  # of training alone, in the current epoch
    smoothed_loss: float | None = None  # running mean of the loss, see SMOOTHING
    best_loss: float | None = None  # lowest validation loss of an epoch so far
    stale_epochs: int = 0  # complete epochs since then
    seconds: float = 0.0  # of training alone, since the start


class Step(NamedTuple):
    """One batch was learned from."""

    step: int
    samples_seen: int  # pictures seen since the start
    loss: float  # mean over this batch, before the update
    smoothed_loss: float  # running mean of the batches' losses


class Epoch(NamedTuple):
    """One pass over the training pictures is complete. Scores are None for an empty set."""

    epoch: int  # counted from 1
    step: int
    samples_seen: int
    train_loss: float  # mean of the batch losses while they were learned
    validation: Score | None
    test: Score | None
    images_per_second: float
    seconds: float  # of training alone, since the start


def steps_per_epoch(pictures: int, batch: int) -> int:
    return -(-pictures // batch)


def train(
    network: Network,
    loss: Loss,
    optimizer: Optimizer,
    pictures: Pictures,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    lr_schedule: Schedule = constant,
    augmentation: float = 0.0,
    ranges: Ranges = RANGES,
    clip_norm: float = 0.0,
    early_stopping_patience: int = 0,
    validation: Pictures | None = None,
    test: Pictures | None = None,
    position: Position | None = None,
    stream_version: int = CURRENT_VERSION,
) -> Iterator[Step | Epoch]:
    """Mini-batch gradient descent from ``position`` to the end of the last epoch.

    augmentation: how strongly pictures are varied within ``ranges`` (0: not; see nn.augmentation).
    clip_norm: the gradient's norm is kept at or below this (0: not). early_stopping_patience: ends
    after so many epochs in a row without a lower validation loss (0: never, nor without validation
    images). stream_version: of the random streams, the one the run began with (nn.random_streams).
    Yields a Step after every batch and an Epoch after each epoch's last Step. Between two events
    network, optimizer and position are at rest: read them, change ``optimizer.lr``, or stop.
    """
    position = position or Position()
    count = len(pictures.labels)
    # Plain arrays: a memory map costs more every time a part of it is taken.
    images, labels = np.asarray(pictures.images).reshape(count, -1), np.asarray(pictures.labels)
    per_epoch = steps_per_epoch(count, batch_size)
    whole = _Buffers.of(network, batch_size)
    pixel = np.divide(1, 255, dtype=whole.x.dtype)
    order, order_of = np.empty(0, np.intp), -1

    while True:
        epoch, index = divmod(position.step, per_epoch)
        if index == 0 and position.epoch_seconds:  # the epoch before this one is complete
            ended = Epoch(
                epoch=epoch,
                step=position.step,
                samples_seen=epoch * count,
                train_loss=position.epoch_loss / count,
                validation=_score(network, loss, validation),
                test=_score(network, loss, test),
                images_per_second=count / position.epoch_seconds,
                seconds=position.seconds,
            )
            position.epoch_loss = position.epoch_seconds = 0.0
            _compare(position, ended.validation)
            yield ended
        if epoch >= epochs or (
            early_stopping_patience and position.stale_epochs >= early_stopping_patience
        ):
            return

        began = perf_counter()
        if epoch != order_of:
            rng = stream(ORDER, seed, epoch, version=stream_version)
            order, order_of = rng.permutation(count), epoch
        chosen = order[index * batch_size : (index + 1) * batch_size]
        n = len(chosen)  # the last batch_size of an epoch may be short
        raw, x, ys, dys = whole if n == batch_size else whole.first(n)
        # Gathered as bytes and scaled here: a quarter of the memory traffic of float pictures.
        np.take(images, chosen, axis=0, out=raw, mode="clip")
        if augmentation:
            rng = stream(AUGMENTATION, seed, epoch, index, version=stream_version)
            augment(raw, rng, x, augmentation, ranges)
        else:
            np.multiply(raw, pixel, out=x)

        if network.dropout:
            network.drop(stream(DROPOUT, seed, epoch, index, version=stream_version), ys)
        z = network.forward(x, ys)
        batch_loss = loss(network.output, z, labels[chosen], dys[-1])
        network.backward(x, ys, dys)
        if clip_norm:
            clip(network.gradients, clip_norm)
        optimizer.step(
            network.parameters, network.gradients, lr_schedule(position.step / (epochs * per_epoch))
        )

        took = perf_counter() - began
        position.step += 1
        position.epoch_loss += batch_loss * n
        smooth = batch_loss if position.smoothed_loss is None else position.smoothed_loss
        smooth += (batch_loss - smooth) * min(1.0, n / SMOOTHING)
        position.smoothed_loss = smooth
        position.epoch_seconds += took
        position.seconds += took
        yield Step(position.step, epoch * count + index * batch_size + n, batch_loss, smooth)


class _Buffers(NamedTuple):
    """What one step writes into, allocated once: pictures, input, layer outputs and gradients."""

    raw: Array  # (batch, inputs) uint8
    x: Array  # (batch, inputs) in [0, 1]
    ys: list[Array]
    dys: list[Array]

    @classmethod
    def of(cls, network: Network, batch: int) -> _Buffers:
        raw = np.empty((batch, network.sizes[0]), np.uint8)
        x = np.empty(raw.shape, network.parameters.dtype)
        return cls(raw, x, network.workspace(batch), network.workspace(batch))

    def first(self, n: int) -> _Buffers:
        return _Buffers(
            self.raw[:n], self.x[:n], [y[:n] for y in self.ys], [dy[:n] for dy in self.dys]
        )


def _compare(position: Position, validation: Score | None) -> None:
    """Note whether an epoch was the best so far."""
    if validation is None:
        return
    if position.best_loss is None or validation.loss < position.best_loss:
        position.best_loss, position.stale_epochs = validation.loss, 0
    else:
        position.stale_epochs += 1


def _score(network: Network, loss: Loss, pictures: Pictures | None) -> Score | None:
    if pictures is None or not len(pictures.labels):
        return None
    return evaluate(network, loss, pictures.images, pictures.labels)
