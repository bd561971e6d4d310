"""How the pretrained model is trained, calibrated and taught to reject: with MNIST's training
images and our own synthetic drawings.

What ships is not the last weights but their average over thousands of steps (Polyak and Juditsky
1992), which generalizes better. Images that show no digit are trained to give every digit
the same probability, so that a low logit tells them from digits. The last part is distillation
(Hinton, Vinyals and Dean 2015): its soft labels come partly from teachers trained on MNIST alone,
which classify MNIST more accurately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save
from threadpoolctl import threadpool_limits

from nn import PIXELS
from nn.augmentation import Ranges, augment
from nn.batches import LabeledImages
from nn.data import sources
from nn.data.dataset import Dataset, cached
from nn.data.oversampling import oversample
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import drawings, non_digits
from nn.errors import UserError
from nn.layers import Array
from nn.losses import NO_CLASS, cross_entropy, target_of_each_class
from nn.metrics import CHUNK, evaluate
from nn.models import checkpoint, pretrained
from nn.models.rejection import RejectionRule, stroke_complexity
from nn.network import Network, as_input, layer_views
from nn.optimizers import Optimizer
from nn.runs.spec import RunSpec
from nn.schedules import SCHEDULES, Schedule
from nn.support.atomic_write import replacing
from nn.training import Epoch, Step, TrainingState, train


class Part(NamedTuple):
    """Epochs with a schedule of the learning rate and of the augmentation."""

    spec: RunSpec
    weakening: float  # share of the epochs after which the augmentation weakens …
    final_augmentation: float  # … linearly, to this share of its strength after all of them


SPEC = RunSpec(hidden=(1400, 700), augmentation=1.0, lr=0.15, batch_size=256, epochs=100)
TEACHERS = (  # of the last part
    Part(replace(SPEC, epochs=60, seed=11), 0.0, 0.6),
    Part(replace(SPEC, epochs=60, seed=12), 0.0, 0.6),
)
PARTS = (
    Part(SPEC, 0.6, 0.7),
    Part(replace(SPEC, lr=0.1, seed=1), 0.0, 0.5),
    Part(replace(SPEC, augmentation=0.75, lr=0.04, epochs=24, seed=2), 0.0, 0.6),
    Part(replace(SPEC, lr=0.1, epochs=16, seed=3), 0.0, 0.7),
)
# Preprocessing centers what people draw, but does not correct its slant.
RANGES = Ranges(shift=1.25, rotation=0.4)
DIGITS, NON_DIGITS = 24_000, 8_000  # synthetic drawings in each epoch
TURNED_ONES = 6_000  # 1s turned clockwise, in each epoch of the middle parts; half in the last part
VARIATIONS = 3  # epochs until the same synthetic drawings come again
# The lowest probability of a synthetic digit's label: the others are left out …
MIN_LIKELIHOOD = 0.01  # … of the middle parts, by the network after the first part
MIN_TEACHERS_LIKELIHOOD = 0.001  # … of the last part, by networks that know MNIST alone
DRAWINGS_AUGMENTATION = 1.6  # of synthetic drawings in the middle parts: theirs plus that of all
TEACHERS_SHARE = 0.7  # of each label in the last part; the rest is the true one
PROCESSES = 2  # that share each step
AVERAGED_STEPS = 2000  # about how many of the last steps the average of the weights covers
AVERAGED_EVERY = 10  # steps
UNFINISHED = ("average", "epochs", "checkpoint")  # keys of the unfinished part in the checkpoint
VERSION = 2  # of the synthetic drawings in the cache: increase it when they change

# Of the validation images to calibrate on: drawings by other people differ more from MNIST than
# those, and less than images augmented as in training.
CALIBRATION_AUGMENTATION = 0.5
SCRIBBLES = 900  # synthetic ones, to fit the rejection rule to
REJECTED_SHARE = 0.004  # of the validation images
TOLERANCE = 0.003  # a lower slope is preferred if it rejects this share of scribbles less


def make(show: Callable[[RunSpec, Epoch], None], path: Path) -> tuple[Network, dict[str, Any]]:
    """Train the pretrained model → the network and what its file says about it.

    show: called after each epoch. path: of the checkpoint, from which the training goes on if it
    exists. The number of processes is fixed, so that the result is reproducible on the same
    computer. Raises UserError for a checkpoint that cannot be used.
    """
    splits = sources.load_splits(SPEC.dataset, SPEC.validation_size, SPEC.seed)
    with threadpool_limits(1, "blas"):
        network = train_averaged(splits.train, splits.validation, show, path)
        temperature = calibrate(network, splits.validation, CALIBRATION_AUGMENTATION)
        rule = fit_rejection_rule(network, splits.validation)
        test = evaluate(network, cross_entropy, splits.test.images, splits.test.labels)
    return network, {
        "temperature": temperature,
        "rejection": rule._asdict(),
        "test_accuracy": test.accuracy,
        "training": (
            f"{', then '.join(map(_described, PARTS))}; batch size {SPEC.batch_size}, momentum "
            f"{SPEC.momentum:g}. Each later part starts from an average of the weights over the "
            "last steps (Polyak and Juditsky 1992), the last part from the mean of those averages "
            "after the first and the third. The last part is distillation (Hinton, Vinyals and "
            "Dean 2015): its three teachers were trained on MNIST alone, two of them for "
            f"{TEACHERS[0].spec.epochs} epochs each"
        ),
    }


def _described(part: Part) -> str:
    spec = part.spec
    return (
        f"{spec.epochs} epochs of a cosine schedule from learning rate {spec.lr:g}, augmentation "
        f"{_augmentation(part, 0):.2f} to {_augmentation(part, spec.epochs):.2f}"
    )


class Trainer:
    """Trains one part after another. What its checkpoint has is restored, not repeated."""

    def __init__(
        self, path: Path, validation: Dataset, show: Callable[[RunSpec, Epoch], None]
    ) -> None:
        """path, show: see ``make``."""
        self._path, self._validation, self._show = path, validation, show
        self._begun = 0  # parts
        self._averages: list[Array] = []  # the results of those that are finished
        self._unfinished: dict[str, Array] = {}  # the checkpoint's part that is not
        if path.exists():
            self._load()

    def train(
        self,
        spec: RunSpec,
        start: Array | None,
        images_of: Callable[[int], tuple[LabeledImages, float]],
    ) -> Array:
        """→ the average of the parameters over the last steps

        start: initial parameters; None: random. images_of: the images of an epoch, counted from 0,
        and the strength of their augmentation.
        """
        number, self._begun = self._begun, self._begun + 1
        if number < len(self._averages):
            return self._averages[number]
        network, _, optimizer = spec.build()
        if start is not None:
            network.parameters[...] = start
        average, state, epochs = network.parameters.copy(), TrainingState(), 0
        if self._unfinished:
            average, state, epochs = self._resume(network, optimizer)
        for epoch in range(epochs, spec.epochs):
            images, augmentation = images_of(epoch)
            events = train(
                network, cross_entropy, optimizer, images, epochs=epoch + 1,
                batch_size=spec.batch_size, seed=spec.seed,
                lr_schedule=_until(SCHEDULES[spec.lr_schedule], epoch + 1, spec.epochs),
                augmentation=augmentation, ranges=RANGES,
                validation=self._validation, state=state, cores=PROCESSES,
            )  # fmt: skip
            for event in events:
                if isinstance(event, Step) and event.step % AVERAGED_EVERY == 0:
                    average += AVERAGED_EVERY / AVERAGED_STEPS * (network.parameters - average)
            self._save(average, checkpoint.pack(network.parameters, optimizer, state), epoch + 1)
            assert isinstance(event, Epoch)  # the last event of every epoch
            self._show(spec, event)
        self._averages.append(average)
        return average

    def _save(self, average: Array, packed: bytes, epochs: int) -> None:
        arrays = {f"average {number}": done for number, done in enumerate(self._averages)}
        arrays["average"], arrays["epochs"] = average, np.array(epochs)
        arrays["checkpoint"] = np.frombuffer(packed, np.uint8)
        arrays["settings"] = np.frombuffer(_settings(), np.uint8)
        with replacing(self._path) as temporary:
            temporary.write_bytes(save(arrays))

    def _load(self) -> None:
        try:
            arrays = load(self._path.read_bytes())
            settings = arrays.pop("settings").tobytes()
            self._unfinished = {name: arrays.pop(name) for name in UNFINISHED}
            self._averages = [arrays[f"average {number}"] for number in range(len(arrays))]
        except (OSError, SafetensorError, KeyError) as error:
            raise UserError(
                f"{self._path} cannot be used: {error}. Delete it to start again."
            ) from None
        if settings != _settings():
            raise UserError(
                f"{self._path} is of a training with other settings. Delete it to start again."
            )

    def _resume(self, network: Network, optimizer: Optimizer) -> tuple[Array, TrainingState, int]:
        """Fill network and optimizer from the checkpoint → average, state, complete epochs."""
        average, epochs, packed = (self._unfinished.pop(name) for name in UNFINISHED)
        state = checkpoint.unpack(packed.tobytes(), network.parameters, optimizer, network.sizes)
        return average, state, int(epochs)


def _settings() -> bytes:
    """Everything that a checkpoint's training must have in common with this one, as text."""
    counts = DIGITS, NON_DIGITS, TURNED_ONES, VARIATIONS, VERSION
    return repr((TEACHERS, PARTS, RANGES, counts)).encode()


def train_averaged(
    images: Dataset, validation: Dataset, show: Callable[[RunSpec, Epoch], None], path: Path
) -> Network:
    """Train on ``images`` and synthetic drawings → a network with the average of the weights.

    show, path: see ``make``.
    """
    trainer = Trainer(path, validation, show)
    first_part, *middle_parts, last_part = PARTS

    def mnist_alone(part: Part, epoch: int) -> tuple[Dataset, float]:
        return images, _augmentation(part, epoch)

    teachers = [
        _network(trainer.train(part.spec, None, partial(mnist_alone, part))) for part in TEACHERS
    ]

    digits, others = _synthetic_drawings()
    repeated = oversample(images)

    def first_images(epoch: int) -> tuple[Dataset, float]:
        now = _epoch_images(repeated, (digits, others), epoch)
        return now, _augmentation(first_part, epoch)

    first = trainer.train(first_part.spec, None, first_images)

    ones = _turned_ones()
    after_first = [_network(first)]
    legible = [_legible(after_first, drawn, MIN_LIKELIHOOD) for drawn in (digits, ones)]

    def middle_images(part: Part, epoch: int) -> tuple[Dataset, float]:
        augmentation = _augmentation(part, epoch)
        varied = DRAWINGS_AUGMENTATION - augmentation
        return _epoch_images(images, (legible[0], others, legible[1]), epoch, varied), augmentation

    average = first
    for part in middle_parts:
        average = trainer.train(part.spec, average, partial(middle_images, part))

    # The first part's network is better calibrated, the third's more accurate; their mean is both.
    mean = (first + average) / 2
    before_last = _network(mean)
    calibrate(before_last, validation, SPEC.augmentation)
    clear = [_legible(teachers, drawn, MIN_TEACHERS_LIKELIHOOD) for drawn in (digits, ones[::2])]
    all_teachers = [*teachers, pretrained.former_network()]

    def last_images(epoch: int) -> tuple[LabeledImages, float]:
        now = _epoch_images(images, (clear[0], others, clear[1]), epoch)
        augmented = _varied(now, [epoch], _augmentation(last_part, epoch))
        return _softly_labeled(augmented, len(images), all_teachers, before_last), 0.0

    return _network(trainer.train(last_part.spec, mean, last_images))


def _network(parameters: Array) -> Network:
    network = SPEC.network()
    network.parameters[...] = parameters
    return network


def _until(schedule: Schedule, epoch: int, epochs: int) -> Schedule:
    """A schedule over ``epochs`` for a call of ``train`` that ends after the first ``epoch``."""
    return lambda progress: schedule(progress * epoch / epochs)


def _augmentation(part: Part, epoch: int) -> float:
    """The strength of the augmentation in an epoch, counted from 0."""
    late = max(0.0, (epoch / part.spec.epochs - part.weakening) / (1 - part.weakening))
    return part.spec.augmentation * (1 - late * (1 - part.final_augmentation))


def _legible(judges: list[Network], digits: Dataset, minimum: float) -> Dataset:
    """The synthetic digits whose label has at least this probability by the judges' mean.

    The others are drawn so badly that they would only teach the network to misclassify MNIST.
    """
    p = _mean_probabilities(judges, digits.images)
    return digits[np.flatnonzero(p[np.arange(len(digits)), digits.labels] >= minimum)]


def _mean_probabilities(networks: list[Network], images: Array) -> Array:
    """The mean of the networks' probabilities, (n, 10)."""
    chunks = [np.asarray(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
    return np.concatenate(
        [np.mean([one.probabilities(chunk) for one in networks], axis=0) for chunk in chunks]
    )


class SoftlyLabeled(NamedTuple):
    """Images, augmented already because the teachers must see them so, and their soft labels."""

    images: Array  # (n, 28, 28) uint8
    labels: Array  # (n, 10) float32


def _softly_labeled(
    images: Dataset, mnist: int, teachers: list[Network], drawings_teacher: Network
) -> SoftlyLabeled:
    """The images of an epoch, of which the first ``mnist`` are MNIST's: TEACHERS_SHARE of each
    label is the mean of the teachers' probabilities. They do not know the synthetic digits, which
    get soft labels from ``drawings_teacher``. Non-digits keep the uniform target.
    """
    labels = target_of_each_class(10, 0.0, np.dtype(np.float32)).T[images.labels]
    drawn = mnist + np.flatnonzero(images.labels[mnist:] != NO_CLASS)
    for rows, by in ((np.arange(mnist), teachers), (drawn, [drawings_teacher])):
        estimates = _mean_probabilities(by, images.images[rows])
        labels[rows] += TEACHERS_SHARE * (estimates - labels[rows])
    return SoftlyLabeled(images.images, labels)


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
    x *= 255
    images = np.rint(x, out=x).astype(np.uint8).reshape(drawn.images.shape)
    return Dataset(images, drawn.labels, drawn.name)


def calibrate(network: Network, held_out: Dataset, augmentation: float) -> float:
    """Divide the network's logits by a temperature (Guo et al. 2017, §4.2), in its last
    layer → the temperature.

    The temperature minimizes the cross-entropy on the validation images, augmented so strongly.
    """
    x = np.empty((len(held_out), PIXELS), np.float32)
    images = np.asarray(held_out.images).reshape(len(held_out), -1)
    augment(images, np.random.default_rng(0), x, augmentation, RANGES)
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
