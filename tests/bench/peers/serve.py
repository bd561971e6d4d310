"""The loop shared by all peers: read a request, train, and answer with each epoch's time.

Each peer is a process that runs for the whole comparison, so that peers can take turns. It reads
lines of JSON ``{"spec": fields of a RunSpec, "seconds": …, "score": …}`` and answers each with a
line ``[[images, seconds, test accuracy or null], …]``, one entry per epoch.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from time import perf_counter

import numpy as np

from nn.data import mnist, sources
from nn.data.dataset import Dataset
from nn.layers import Array
from nn.runs.spec import RunSpec

TRAINING_IMAGES = 60_000

# After setup and after each epoch, yields a function that maps images, (n, 28, 28) uint8, to
# predicted digits, (n,).
Training = Iterator[Callable[[Array], Array]]


def serve(train: Callable[[Dataset, RunSpec], Training]) -> None:
    """Answer requests until standard input closes. Training ends with the epoch that exceeds
    ``seconds``; ``score`` says whether to measure test accuracy after each epoch."""
    whole, test = mnist.load() if mnist.find() else strokes()
    for line in sys.stdin:
        request = json.loads(line)
        spec = RunSpec.from_dict(request["spec"])
        images = whole[: len(whole) - spec.validation_size]
        answer: list[tuple[int, float, float | None]] = []
        took = 0.0
        training = train(images, spec)
        next(training)
        while took < request["seconds"] and len(answer) < spec.epochs:
            began = perf_counter()
            predict = next(training)
            took += (seconds := perf_counter() - began)
            correct = predict(test.images) == test.labels if request["score"] else None
            accuracy = None if correct is None else float(np.mean(correct))
            answer.append((len(images), seconds, accuracy))
        print(json.dumps(answer), flush=True)


def strokes() -> tuple[Dataset, Dataset]:
    """The built-in synthetic digits instead of MNIST, repeated up to MNIST's size."""
    splits = sources.load_splits("strokes", 0, 0)
    return splits.train[np.arange(TRAINING_IMAGES) % len(splits.train)], splits.test


def pixels(images: Array) -> Array:
    """Images (n, 28, 28) uint8 → (n, 784) float32 in [0, 1], as most programs store them."""
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
