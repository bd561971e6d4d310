"""The recipe: how the pretrained model is made, from MNIST's training pictures alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nn.augmentation import Ranges, augment
from nn.data import sources
from nn.data.dataset import Dataset
from nn.data.oversampling import oversample
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import non_digits
from nn.layers import Array
from nn.losses import cross_entropy
from nn.models.pretrained import Refusal, effort
from nn.network import Network, as_input, views
from nn.runs.spec import RunSpec
from nn.schedules import SCHEDULES
from nn.training import Epoch, train

SPEC = RunSpec(hidden=(1000, 500), augmentation=1.0, batch_size=128, epochs=50)
FINISH = replace(SPEC, augmentation=0.75, lr=0.03, epochs=20, seed=1)  # goes on from there
# What is read has been centered, but people slant.
RANGES = Ranges(shift=1.25, turn=0.3)
SCRIBBLES = 900
REFUSED = 0.004  # share of held-out digits that may be taken for none
NEAR = 0.01  # this share of scribbles less, and a gentler rule is as good


def make(show: Callable[[RunSpec, Epoch], None]) -> tuple[Network, dict[str, Any]]:
    """→ the pretrained model and what is said about it in its file; ``show`` sees each epoch.

    With one BLAS thread, so that the same computer makes the same pretrained.
    """
    splits = sources.load_splits(SPEC.dataset, SPEC.validation_size, SPEC.seed)
    pictures = oversample(splits.train)
    network, _, _ = SPEC.build()
    with threadpool_limits(1, "blas"):
        for spec in SPEC, FINISH:
            _, loss, optimizer = spec.build()
            events = train(
                network, loss, optimizer, pictures, epochs=spec.epochs, batch_size=spec.batch_size,
                seed=spec.seed, lr_schedule=SCHEDULES[spec.lr_schedule],
                augmentation=spec.augmentation, ranges=RANGES, validation=splits.validation,
            )  # fmt: skip
            for event in events:
                if isinstance(event, Epoch):
                    show(spec, event)
        temperature = calibrate(network, splits.validation)
        refusal = fit_refusal(network, splits.validation)
    return network, {"temperature": temperature, "refusal": refusal._asdict()}


def calibrate(network: Network, held_out: Dataset) -> float:
    """Divide the network's logits by a temperature (Guo et al. 2017, §4.2) → the temperature.

    It is that of the least cross-entropy on held-out pictures, varied as in training: other
    people's digits are not as like MNIST's as MNIST's are.
    """
    x = np.empty((len(held_out), 784), np.float32)
    pictures = np.asarray(held_out.images).reshape(len(held_out), -1)
    augment(pictures, np.random.default_rng(0), x, SPEC.augmentation, RANGES)
    z = network.logits(x)
    temperatures = np.geomspace(0.25, 4, 201)
    losses = [
        cross_entropy(network.output, z / t, held_out.labels, np.empty_like(z))
        for t in temperatures
    ]
    temperature = float(temperatures[np.argmin(losses)])
    *_, (W, b) = views(network.parameters, network.sizes)
    W /= temperature
    b /= temperature
    return temperature


def fit_refusal(network: Network, held_out: Dataset) -> Refusal:
    """Of the rules that refuse REFUSED of the held-out digits, one that refuses most scribbles.

    The least slope of those NEAR the best: with a thin pen all digits are a longer way.
    """
    digits = _judged(network, held_out.images)
    others = _judged(network, non_digits.make(SCRIBBLES, seed=0))
    rules, caught = [], []
    for slope in np.linspace(0, 15, 151):
        least = np.quantile(digits @ [1, -slope], REFUSED)
        rules.append(Refusal(float(slope), float(least)))
        caught.append(np.mean(others @ [1, -slope] < least))
    return rules[int(np.argmax(np.array(caught) >= max(caught) - NEAR))]


def _judged(network: Network, pictures: Iterable[Array]) -> Array:
    """(n, 2): of every picture that is not blank, the greatest logit and the pen's effort."""
    seen = [one for one in map(preprocess, pictures) if not one.blank]
    z = network.logits(as_input(np.stack([one.image for one in seen])))
    return np.stack([z.max(axis=1), [effort(one) for one in seen]], axis=1)
