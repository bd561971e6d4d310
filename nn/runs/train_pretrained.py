"""How the pretrained model is trained, calibrated and taught to reject: with MNIST's training
images and our own synthetic drawings.

What ships is not the last weights but their average over thousands of steps (Polyak and Juditsky
1992), which generalizes better. Images that show no digit are trained to give every digit
the same probability, so that a low logit tells them from digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save
from threadpoolctl import threadpool_limits

from nn import PIXELS
from nn.augmentation import Ranges, augment
from nn.data import sources
from nn.data.dataset import Dataset, cached
from nn.data.oversampling import oversample
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import drawings, non_digits
from nn.errors import UserError
from nn.layers import Array
from nn.losses import cross_entropy
from nn.metrics import evaluate
from nn.models import checkpoint
from nn.models.rejection import RejectionRule, stroke_complexity
from nn.network import Network, as_input, layer_views
from nn.optimizers import Optimizer
from nn.runs.spec import RunSpec
from nn.schedules import SCHEDULES, Schedule
from nn.support.atomic_write import replacing
from nn.training import Epoch, Step, TrainingState, train


class Part(NamedTuple):
    """Epochs under one schedule of the learning rate."""

    spec: RunSpec  # the schedule is over all of its epochs
    epochs: int  # of these; the next part begins with the average of the weights
    weakening: float  # share of the schedule's epochs after which the augmentation weakens …
    final_augmentation: float  # … linearly, to this share of its strength after all of them


SPEC = RunSpec(hidden=(1400, 700), augmentation=1.0, lr=0.15, batch_size=256, epochs=100)
# The first part repeats MNIST's unusual images; the later ones see 1s turned clockwise instead.
PARTS = (
    Part(SPEC, 100, 0.6, 0.7),
    Part(replace(SPEC, lr=0.1, epochs=100, seed=1), 100, 0.0, 0.5),
    Part(replace(SPEC, augmentation=0.75, lr=0.04, epochs=24, seed=2), 24, 0.0, 0.6),
)
# Preprocessing centers what people draw, but does not correct its slant.
RANGES = Ranges(shift=1.25, rotation=0.4)
DIGITS, NON_DIGITS = 24_000, 8_000  # synthetic drawings in each epoch
TURNED_ONES = 6_000  # synthetic drawings of a 1 turned clockwise, in each epoch of the later parts
VARIATIONS = 3  # epochs until the same synthetic drawings come again
MIN_LIKELIHOOD = 0.01  # probability of a synthetic digit's label: later parts omit the others
DRAWINGS_AUGMENTATION = 1.6  # of the synthetic drawings in later parts, with that of MNIST
AVERAGED_STEPS = 2000  # about how many of the last steps the average of the weights covers
AVERAGED_EVERY = 10  # steps
VERSION = 2  # of the synthetic drawings in the cache: increase it when they change

SCRIBBLES = 900  # synthetic ones, to fit the rejection rule to
REJECTED_SHARE = 0.004  # of the validation images
TOLERANCE = 0.003  # a lower slope is preferred if it rejects this share of scribbles less


def make(show: Callable[[RunSpec, Epoch], None], path: Path) -> tuple[Network, dict[str, Any]]:
    """Train the pretrained model → the network and what its file says about it.

    show: called after each epoch. path: of the checkpoint, from which the training goes on if it
    exists. Uses one BLAS thread, so that the result is reproducible on the same computer. Raises
    UserError for a checkpoint that cannot be used.
    """
    splits = sources.load_splits(SPEC.dataset, SPEC.validation_size, SPEC.seed)
    with threadpool_limits(1, "blas"):
        network = train_averaged(splits.train, splits.validation, show, path)
        temperature = calibrate(network, splits.validation)
        rule = fit_rejection_rule(network, splits.validation)
        test = evaluate(network, cross_entropy, splits.test.images, splits.test.labels)
    return network, {
        "temperature": temperature,
        "rejection": rule._asdict(),
        "test_accuracy": test.accuracy,
        "training": (
            f"{', then '.join(map(_described, PARTS))}; batch size {SPEC.batch_size}, momentum "
            f"{SPEC.momentum:g}. Each part goes on from an average of the weights over the last "
            "steps (Polyak and Juditsky 1992); the result is the mean of those averages after the "
            "first part and after the last"
        ),
    }


def _described(part: Part) -> str:
    spec = part.spec
    return (
        f"{part.epochs} of {spec.epochs} epochs of a cosine schedule from learning rate "
        f"{spec.lr:g}, augmentation {_augmentation(part, 0):.2f} to "
        f"{_augmentation(part, part.epochs):.2f}"
    )


@dataclass
class Progress:
    """How far the training has come; with network and optimizer, all that resuming needs."""

    average: Array  # of the parameters over the last steps
    state: TrainingState  # within the part
    part: int = 0
    first: Array | None = None  # the average after the first part; None until then


def train_averaged(
    images: Dataset, validation: Dataset, show: Callable[[RunSpec, Epoch], None], path: Path
) -> Network:
    """Train on ``images`` and synthetic drawings → a network with the average of the weights.

    show, path: as ``make`` has them.
    """
    network, _, optimizer = SPEC.build()
    progress = Progress(network.parameters.copy(), TrainingState())
    if path.exists():
        progress = _resume(path, network, optimizer)
    pool: tuple[Dataset, ...] = _synthetic_drawings()

    for number in range(progress.part, len(PARTS)):
        part, data = PARTS[number], images if number else oversample(images)
        if number > progress.part:
            network.parameters[...] = progress.average
            _, _, optimizer = part.spec.build()
            first = progress.average.copy() if progress.first is None else progress.first
            progress = Progress(progress.average, TrainingState(), number, first)
        if progress.first is not None:
            judge = SPEC.network()
            judge.parameters[...] = progress.first
            digits, others = _synthetic_drawings()
            pool = (_legible(judge, digits), others, _legible(judge, _turned_ones()))
        per_epoch = -(-len(_epoch_images(data, pool, 0)) // SPEC.batch_size)
        for epoch in range(progress.state.step // per_epoch, part.epochs):
            varied = DRAWINGS_AUGMENTATION - _augmentation(part, epoch) if number else 0.0
            now = _epoch_images(data, pool, epoch, varied)
            event = _train_epoch(part, epoch, network, optimizer, now, validation, progress)
            _save(path, network, optimizer, progress)
            show(part.spec, event)
    assert progress.first is not None  # there are several parts
    # The first part's network is better calibrated, the last part's more accurate; their mean is
    # both.
    network.parameters[...] = (progress.first + progress.average) / 2
    return network


def _train_epoch(
    part: Part,
    epoch: int,
    network: Network,
    optimizer: Optimizer,
    data: Dataset,
    validation: Dataset,
    progress: Progress,
) -> Epoch:
    """Train for one epoch, counted from 0, and keep ``progress`` up to date → its event."""
    spec, share = part.spec, AVERAGED_EVERY / AVERAGED_STEPS
    schedule = SCHEDULES[spec.lr_schedule]
    events = train(
        network, cross_entropy, optimizer, data, epochs=epoch + 1, batch_size=spec.batch_size,
        seed=spec.seed, lr_schedule=_until(schedule, epoch + 1, spec.epochs), ranges=RANGES,
        augmentation=_augmentation(part, epoch), validation=validation, state=progress.state,
    )  # fmt: skip
    for event in events:
        if isinstance(event, Step) and event.step % AVERAGED_EVERY == 0:
            progress.average += share * (network.parameters - progress.average)
    assert isinstance(event, Epoch)  # the last event of every epoch
    return event


def _until(schedule: Schedule, epoch: int, epochs: int) -> Schedule:
    """A schedule over ``epochs`` for a call of ``train`` that ends after the first ``epoch``."""
    return lambda progress: schedule(progress * epoch / epochs)


def _augmentation(part: Part, epoch: int) -> float:
    """The strength of the augmentation in an epoch, counted from 0."""
    late = max(0.0, (epoch / part.spec.epochs - part.weakening) / (1 - part.weakening))
    return part.spec.augmentation * (1 - late * (1 - part.final_augmentation))


def _legible(network: Network, digits: Dataset) -> Dataset:
    """The synthetic digits whose label is likely by the network.

    The others are drawn so badly that they would only teach it to mistake MNIST's digits.
    """
    probabilities = network.probabilities(np.asarray(digits.images))
    likely = probabilities[np.arange(len(digits)), digits.labels] >= MIN_LIKELIHOOD
    return digits[np.flatnonzero(likely)]


def _save(path: Path, network: Network, optimizer: Optimizer, progress: Progress) -> None:
    packed = checkpoint.pack(network.parameters, optimizer, progress.state)
    arrays = {
        "checkpoint": np.frombuffer(packed, np.uint8),
        "average": progress.average,
        "part": np.array(progress.part, np.uint8),
    }
    if progress.first is not None:
        arrays["first"] = progress.first
    with replacing(path) as temporary:
        temporary.write_bytes(save(arrays))


def _resume(path: Path, network: Network, optimizer: Optimizer) -> Progress:
    """Fill network and optimizer from the checkpoint → how far its training has come."""
    try:
        arrays = load(path.read_bytes())
        average, packed = arrays["average"], arrays["checkpoint"].tobytes()
        part = int(arrays["part"])
    except (OSError, SafetensorError, KeyError) as error:
        raise UserError(f"{path} cannot be used: {error}. Delete it to start again.") from None
    state = checkpoint.unpack(packed, network.parameters, optimizer, network.sizes)
    return Progress(average, state, part, arrays.get("first"))


def _synthetic_drawings() -> tuple[Dataset, Dataset]:
    """All digits and all non-digits that the epochs take in turn."""
    digits, others = VARIATIONS * DIGITS, VARIATIONS * NON_DIGITS
    key = f"{digits}-{others}-v{VERSION}"
    return (
        cached(f"pretrained-digits-{key}", lambda: drawings.make_digits(digits, 1), "digits"),
        cached(f"pretrained-others-{key}", lambda: drawings.make_non_digits(others, 1), "others"),
    )


def _turned_ones() -> Dataset:
    count = VARIATIONS * TURNED_ONES
    key = f"pretrained-ones-{count}-v{VERSION}"
    return cached(key, lambda: drawings.make_turned_ones(count, 2), "turned ones")


def _epoch_images(
    images: Dataset, pool: tuple[Dataset, ...], epoch: int, varied: float = 0.0
) -> Dataset:
    """The images of an epoch: MNIST's, and the part of the synthetic drawings whose turn it is.

    varied: how strongly the first two of the pool are augmented already, before what is to come.
    """
    parts = [images]
    for number, drawn in enumerate(pool):
        count = len(drawn) // VARIATIONS
        part = drawn[count * (epoch % VARIATIONS) :][:count]
        parts.append(_varied(part, [epoch, number], varied) if varied and number < 2 else part)
    return Dataset(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        images.name,
    )


def _varied(drawn: Dataset, seed: list[int], augmentation: float) -> Dataset:
    pixels = np.asarray(drawn.images).reshape(len(drawn), -1)
    x = np.empty(pixels.shape, np.float32)
    augment(pixels, np.random.default_rng(seed), x, augmentation, RANGES)
    images = np.rint(255 * x).astype(np.uint8).reshape(drawn.images.shape)
    return Dataset(images, drawn.labels, drawn.name)


def calibrate(network: Network, held_out: Dataset) -> float:
    """Divide the network's logits by a temperature (Guo et al. 2017, §4.2), in its last
    layer → the temperature.

    The temperature minimizes the cross-entropy on the validation images, augmented as in training,
    because drawings of other people differ more from MNIST than its validation images do.
    """
    x = np.empty((len(held_out), PIXELS), np.float32)
    images = np.asarray(held_out.images).reshape(len(held_out), -1)
    augment(images, np.random.default_rng(0), x, SPEC.augmentation, RANGES)
    z = network.logits(x.T)
    temperatures = np.geomspace(0.25, 4, 201)
    losses = [cross_entropy(network.output, z / t, held_out.labels) for t in temperatures]
    temperature = float(temperatures[np.argmin(losses)])
    *_, (W, b) = layer_views(network.parameters, network.sizes)
    W /= temperature
    b /= temperature
    return temperature


def fit_rejection_rule(network: Network, held_out: Dataset) -> RejectionRule:
    """A rule that rejects REJECTED_SHARE of the validation images and as many scribbles as it can.

    Of the slopes within TOLERANCE of the best it takes the lowest, because in drawings with a thin
    pen all digits have longer strokes.
    """
    digits = _logit_and_complexity(network, held_out.images)
    others = _logit_and_complexity(network, non_digits.make(SCRIBBLES, seed=0))
    rules, rejected = [], []
    for slope in np.linspace(0, 15, 151):
        threshold = np.quantile(digits @ [1, -slope], REJECTED_SHARE)
        rules.append(RejectionRule(float(slope), float(threshold)))
        rejected.append(np.mean(others @ [1, -slope] < threshold))
    return rules[int(np.argmax(np.array(rejected) >= max(rejected) - TOLERANCE))]


def _logit_and_complexity(network: Network, images: Iterable[Array]) -> Array:
    """(n, 2): highest logit and stroke complexity of each image that shows a digit."""
    found = [one for one in map(preprocess, images) if not one.problem]
    z = network.logits(as_input(np.stack([one.image for one in found])))
    return np.stack([z.max(axis=0), [stroke_complexity(one) for one in found]], axis=1)
