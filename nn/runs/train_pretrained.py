"""How the pretrained model is trained, calibrated and taught to reject, from MNIST alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nn import PIXELS
from nn.augmentation import Ranges, augment
from nn.data import sources
from nn.data.dataset import Dataset
from nn.data.oversampling import oversample
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import non_digits
from nn.layers import Array
from nn.losses import cross_entropy
from nn.metrics import evaluate
from nn.models.rejection import RejectionRule, stroke_complexity
from nn.network import Network, as_input, layer_views
from nn.runs.spec import RunSpec
from nn.schedules import SCHEDULES
from nn.training import Epoch, train

SPEC = RunSpec(hidden=(1000, 500), augmentation=1.0, batch_size=128, epochs=50)
FINISH = replace(SPEC, augmentation=0.75, lr=0.03, epochs=20, seed=1)  # continues the first
# Preprocessing centers what people draw, but does not correct its slant.
RANGES = Ranges(shift=1.25, rotation=0.3)
NON_DIGITS = 900  # synthetic scribbles to fit the rejection rule to
REJECTED_SHARE = 0.004  # of the validation images
TOLERANCE = 0.01  # a lower slope is preferred if it rejects this share of non-digits less


def make(show: Callable[[RunSpec, Epoch], None]) -> tuple[Network, dict[str, Any]]:
    """Train the pretrained model → the network and what its file says about it.

    show: called after each epoch. Uses one BLAS thread, so that the result is reproducible on the
    same computer.
    """
    splits = sources.load_splits(SPEC.dataset, SPEC.validation_size, SPEC.seed)
    images = oversample(splits.train)
    network, _, _ = SPEC.build()
    with threadpool_limits(1, "blas"):
        for spec in SPEC, FINISH:
            _, loss, optimizer = spec.build()
            events = train(
                network, loss, optimizer, images, epochs=spec.epochs, batch_size=spec.batch_size,
                seed=spec.seed, lr_schedule=SCHEDULES[spec.lr_schedule],
                augmentation=spec.augmentation, ranges=RANGES, validation=splits.validation,
            )  # fmt: skip
            for event in events:
                if isinstance(event, Epoch):
                    show(spec, event)
        temperature = calibrate(network, splits.validation)
        rule = fit_rejection_rule(network, splits.validation)
    return network, {
        "temperature": temperature,
        "rejection": rule._asdict(),
        "test_accuracy": evaluate(network, loss, splits.test.images, splits.test.labels).accuracy,
    }


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
    """A rule that rejects REJECTED_SHARE of the validation images and as many non-digits as it can.

    Of the slopes within TOLERANCE of the best it takes the lowest, because in drawings with a thin
    pen all digits have longer strokes.
    """
    digits = _logit_and_complexity(network, held_out.images)
    others = _logit_and_complexity(network, non_digits.make(NON_DIGITS, seed=0))
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
