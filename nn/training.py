"""Training: mini-batch gradient descent as a generator of events. To stop it, stop iterating."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from nn.augmentation import RANGES, Ranges
from nn.batches import Batches, LabeledImages
from nn.losses import Loss
from nn.metrics import Sample, Score, evaluate
from nn.network import Network
from nn.optimizers import Optimizer
from nn.parallel_step import training_step
from nn.random_streams import CURRENT_VERSION
from nn.schedules import Schedule, constant

LOSS_WINDOW = 1000  # images: about how far back the running mean of the loss reaches
TRAINING_SAMPLE = 2000  # images: ± 0.3 points at 98 %; all of them would take long


@dataclass
class TrainingState:
    """How far a training has come. With parameters and optimizer, it is all that resuming needs.

    Every random number is a function of (seed, epoch, batch), see nn.random_streams, so no
    generator state is kept, and a resumed training equals an uninterrupted one bit for bit.
    """

    step: int = 0  # batches since the start
    epoch_loss: float = 0.0  # Σ loss · images in the current epoch
    epoch_seconds: float = 0.0  # training time in the current epoch
    smoothed_loss: float | None = None  # running mean over LOSS_WINDOW images
    best_loss: float | None = None  # lowest validation loss of an epoch so far
    epochs_without_improvement: int = 0  # complete epochs since then
    seconds: float = 0.0  # training time since the start


class Step(NamedTuple):
    """The network was updated with one batch."""

    step: int
    samples_seen: int  # images since the start
    loss: float  # mean over this batch, before the update
    smoothed_loss: float  # running mean of the batch losses


class Epoch(NamedTuple):
    """One pass over the training images is complete. Scores are None for an empty set."""

    epoch: int  # counted from 1
    step: int
    samples_seen: int
    train_loss: float  # mean of the batch losses of this epoch
    validation: Score | None
    test: Score | None
    images_per_second: float
    seconds: float  # training time since the start
    # On TRAINING_SAMPLE of the training images, always the same, without augmentation and dropout.
    train_accuracy: float | None = None


def train(
    network: Network,
    loss: Loss,
    optimizer: Optimizer,
    dataset: LabeledImages,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    lr_schedule: Schedule = constant,
    augmentation: float = 0.0,
    ranges: Ranges = RANGES,
    clip_norm: float = 0.0,
    early_stopping_patience: int = 0,
    validation: LabeledImages | None = None,
    test: LabeledImages | None = None,
    state: TrainingState | None = None,
    stream_version: int = CURRENT_VERSION,
    cores: int = 1,
) -> Iterator[Step | Epoch]:
    """Train from ``state`` to the end of the last epoch.

    augmentation: strength, within ``ranges`` (0: none; see nn.augmentation). clip_norm: the largest
    norm of the gradient (0: no limit). early_stopping_patience: stop after this many epochs in a
    row without a lower validation loss (0, or no validation images: never). stream_version: of the
    random streams, the one the run began with. cores: how many may be used; with another number
    the same training may round differently.

    Yields a Step after each batch, and an Epoch after the last Step of each epoch. Between two
    events nothing changes network, optimizer and state: read them, set ``optimizer.lr``, or stop.
    """
    state = state or TrainingState()
    batches = Batches(dataset, batch_size, seed, augmentation, ranges, stream_version)
    count, per_epoch = batches.count, batches.per_epoch
    first_epoch, first_batch = divmod(state.step, per_epoch)
    if not first_batch and state.epoch_seconds:  # stopped between the last Step and its Epoch
        first_epoch, first_batch = first_epoch - 1, per_epoch
    sample = Sample(dataset.images, dataset.labels, TRAINING_SAMPLE, network)
    step = training_step(network, loss, optimizer, batches, clip_norm, cores)
    try:
        for epoch in range(first_epoch, epochs):
            if 0 < early_stopping_patience <= state.epochs_without_improvement:
                return
            began = perf_counter()
            for _ in range(first_batch, per_epoch):
                n = batches.size(state.step)
                batch_loss = step.take(state.step, lr_schedule(state.step / (epochs * per_epoch)))
                smoothed = _after_step(state, batch_loss, n, perf_counter() - began)
                samples_seen = epoch * count + (state.step - 1) % per_epoch * batch_size + n
                yield Step(state.step, samples_seen, batch_loss, smoothed)
                began = perf_counter()
            first_batch = 0
            with threadpool_limits(cores, "blas"):
                scores = [_score(network, loss, images) for images in (validation, test)]
                train_accuracy = sample.accuracy()
            event = _after_epoch(state, epoch + 1, count, *scores)
            yield event._replace(train_accuracy=train_accuracy)
    finally:
        step.close()


def _after_step(state: TrainingState, loss: float, n: int, seconds: float) -> float:
    """Record a batch of ``n`` images in ``state`` → the smoothed loss."""
    state.step += 1
    state.epoch_loss += loss * n
    state.epoch_seconds += seconds
    state.seconds += seconds
    smoothed = loss if state.smoothed_loss is None else state.smoothed_loss
    smoothed += (loss - smoothed) * min(1.0, n / LOSS_WINDOW)
    state.smoothed_loss = smoothed
    return smoothed


def _after_epoch(
    state: TrainingState, epoch: int, count: int, validation: Score | None, test: Score | None
) -> Epoch:
    """Close an epoch over ``count`` images in ``state`` → its event."""
    event = Epoch(
        epoch=epoch,
        step=state.step,
        samples_seen=epoch * count,
        train_loss=state.epoch_loss / count,
        validation=validation,
        test=test,
        images_per_second=count / state.epoch_seconds,
        seconds=state.seconds,
    )
    state.epoch_loss = state.epoch_seconds = 0.0
    if validation and (state.best_loss is None or validation.loss < state.best_loss):
        state.best_loss, state.epochs_without_improvement = validation.loss, 0
    elif validation:
        state.epochs_without_improvement += 1
    return event


def _score(network: Network, loss: Loss, dataset: LabeledImages | None) -> Score | None:
    if dataset is None or not len(dataset.labels):
        return None
    return evaluate(network, loss, dataset.images, dataset.labels)
