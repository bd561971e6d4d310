"""PredictionHistory: what a network said of one picture at each kept moment of its learning."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nn.layers import Array
from nn.runs.store.store import RunStore

DIGITS = 10


class PredictionHistory(NamedTuple):
    samples_seen: Array  # (n,): how many digits it had seen
    probabilities: Array  # (n, 10)


def prediction_history(store: RunStore, run_id: str, image: Array) -> PredictionHistory:
    """image: (28, 28) uint8 in MNIST's frame. Each frame is looked at once.

    Raises UserError when there is no such run.
    """
    frames = store.snapshot_samples_seen(store.run(run_id).id)
    answers = [_answer(store, run_id, step, image.tobytes()) for step in frames]
    return PredictionHistory(
        np.array(list(frames.values()), np.int64), np.array(answers).reshape(-1, DIGITS)
    )


@lru_cache(20_000)
def _answer(store: RunStore, run_id: str, step: int, image: bytes) -> Array:
    network = store.run(run_id).spec.network()
    network.parameters[...] = store.snapshot(run_id, step).parameters
    answer: Array = network.probabilities(np.frombuffer(image, np.uint8)[np.newaxis])[0]
    return answer
