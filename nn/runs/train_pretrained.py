"""How the pretrained model is trained, calibrated and taught to reject: with MNIST's training
images and our own synthetic drawings.

What ships is not the last weights but the average over the last thousands of steps (Polyak and
Juditsky 1992), which generalizes better. Images that show no digit are trained to give every digit
the same probability, so that a low logit tells them from digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

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

SPEC = RunSpec(hidden=(1400, 700), augmentation=1.0, lr=0.15, batch_size=256, epochs=100)
# Preprocessing centers what people draw, but does not correct its slant.
RANGES = Ranges(shift=1.25, rotation=0.4)
WEAKENING = 0.6  # share of the training after which the augmentation weakens linearly …
FINAL_AUGMENTATION = 0.7  # … to this share of its strength
DIGITS, NON_DIGITS = 24_000, 8_000  # synthetic drawings in each epoch
VARIATIONS = 3  # epochs until the same synthetic drawings come again
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
    }


def train_averaged(
    images: Dataset, validation: Dataset, show: Callable[[RunSpec, Epoch], None], path: Path
) -> Network:
    """Train on ``images`` and synthetic drawings → a network with the average of the weights.

    show, path: as ``make`` has them.
    """
    network, loss, optimizer = SPEC.build()
    average, state = network.parameters.copy(), TrainingState()
    if path.exists():
        average, state = _resume(path, network, optimizer)
    images = oversample(images)
    pool = _synthetic_drawings()
    share = AVERAGED_EVERY / AVERAGED_STEPS
    per_epoch = -(-len(_epoch_images(images, pool, 0)) // SPEC.batch_size)
    for epoch in range(state.step // per_epoch, SPEC.epochs):
        events = train(
            network, loss, optimizer, _epoch_images(images, pool, epoch),
            epochs=epoch + 1, batch_size=SPEC.batch_size, seed=SPEC.seed, state=state,
            lr_schedule=_schedule_until(epoch + 1), augmentation=_augmentation(epoch / SPEC.epochs),
            ranges=RANGES, validation=validation,
        )  # fmt: skip
        for event in events:
            if isinstance(event, Step) and event.step % AVERAGED_EVERY == 0:
                average += share * (network.parameters - average)
            if isinstance(event, Epoch):
                _save(path, network, optimizer, state, average)
                show(SPEC, event)
    network.parameters[...] = average
    return network


def _schedule_until(epoch: int) -> Schedule:
    """The schedule of the learning rate for a call of ``train`` that ends after this epoch."""
    schedule = SCHEDULES[SPEC.lr_schedule]
    return lambda progress: schedule(progress * epoch / SPEC.epochs)


def _augmentation(progress: float) -> float:
    """The strength of the augmentation after a share of the training."""
    late = max(0.0, (progress - WEAKENING) / (1 - WEAKENING))
    return SPEC.augmentation * (1 - late * (1 - FINAL_AUGMENTATION))


def _save(
    path: Path, network: Network, optimizer: Any, state: TrainingState, average: Array
) -> None:
    packed = np.frombuffer(checkpoint.pack(network.parameters, optimizer, state), np.uint8)
    with replacing(path) as part:
        part.write_bytes(save({"checkpoint": packed, "average": average}))


def _resume(path: Path, network: Network, optimizer: Optimizer) -> tuple[Array, TrainingState]:
    """Fill network and optimizer from the checkpoint → the average and the training state."""
    try:
        arrays = load(path.read_bytes())
        average, packed = arrays["average"], arrays["checkpoint"].tobytes()
    except (OSError, SafetensorError, KeyError) as error:
        raise UserError(f"{path} cannot be used: {error}. Delete it to start again.") from None
    state = checkpoint.unpack(packed, network.parameters, optimizer, network.sizes)
    return average, state


def _synthetic_drawings() -> tuple[Dataset, Dataset]:
    """All digits and all non-digits that the epochs take in turn."""
    digits, others = VARIATIONS * DIGITS, VARIATIONS * NON_DIGITS
    key = f"{digits}-{others}-v{VERSION}"
    return (
        cached(f"pretrained-digits-{key}", lambda: drawings.make_digits(digits, 1), "digits"),
        cached(f"pretrained-others-{key}", lambda: drawings.make_non_digits(others, 1), "others"),
    )


def _epoch_images(images: Dataset, pool: tuple[Dataset, ...], epoch: int) -> Dataset:
    """The images of an epoch: MNIST's, and the part of the synthetic drawings whose turn it is."""
    first = [len(part) // VARIATIONS * (epoch % VARIATIONS) for part in pool]
    parts = [images] + [
        part[start : start + len(part) // VARIATIONS]
        for part, start in zip(pool, first, strict=True)
    ]
    return Dataset(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        images.name,
    )


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
