"""What all peers do: read requests, train as each says, answer with what every epoch took.

A peer is a process of its own that stays for the whole comparison, so that peers can take turns. It
reads lines of JSON ``{"spec": fields of a RunSpec, "seconds": …, "score": …}`` and answers each
with a line ``[[pictures, seconds, test accuracy or null], …]``, an entry an epoch.
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

PICTURES = 60_000

# Yields before the first epoch, when all is set up, and after each: whoever asks calls what was
# yielded with pictures (n, 28, 28) uint8 and is told the digits it reads in them, (n,).
Training = Iterator[Callable[[Array], Array]]


def serve(train: Callable[[Dataset, RunSpec], Training]) -> None:
    """Answer requests until there are no more. ``seconds``: end with the first epoch past so many
    seconds of training; ``score``: whether to read the test set after each epoch."""
    whole, test = mnist.load() if mnist.find() else strokes()
    for line in sys.stdin:
        request = json.loads(line)
        spec = RunSpec.from_dict(request["spec"])
        pictures = whole[: len(whole) - spec.validation_size]
        answer: list[tuple[int, float, float | None]] = []
        took = 0.0
        training = train(pictures, spec)
        next(training)
        while took < request["seconds"] and len(answer) < spec.epochs:
            began = perf_counter()
            read = next(training)
            took += (seconds := perf_counter() - began)
            right = float(np.mean(read(test.images) == test.labels)) if request["score"] else None
            answer.append((len(pictures), seconds, right))
        print(json.dumps(answer), flush=True)


def strokes() -> tuple[Dataset, Dataset]:
    """The built-in digits in MNIST's place, repeated until they are as many."""
    splits = sources.load_splits("strokes", 0, 0)
    return splits.train[np.arange(PICTURES) % len(splits.train)], splits.test


def pixels(images: Array) -> Array:
    """Pictures (n, 28, 28) uint8 → (n, 784) float32 in [0, 1], as most programs keep them."""
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
