"""How the prediction for one image changed over the snapshots of a run."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nn.layers import Array
from nn.runs.history.weights import evenly_spaced
from nn.runs.load_network import network_at
from nn.runs.store.store import RunStore

CLASSES = 10


class PredictionHistory(NamedTuple):
    samples_seen: Array  # (snapshots,): images seen by then
    probabilities: Array  # (snapshots, 10)


def prediction_history(
    store: RunStore, run_id: str, image: Array, count: int | None = None
) -> PredictionHistory:
    """Predict ``image``, (28, 28) uint8, with the network of every snapshot, or of up to ``count``
    of them, evenly spaced; cached.

    Raises UserError when there is no such run.
    """
    snapshots = store.snapshot_samples_seen(store.run(run_id).id)
    steps = list(snapshots)
    if count:
        steps = evenly_spaced(steps, count)
    rows = [_probabilities(store, run_id, step, image.tobytes()) for step in steps]
    samples_seen = np.array([snapshots[step] for step in steps], np.int64)
    return PredictionHistory(samples_seen, np.array(rows).reshape(-1, CLASSES))


@lru_cache(20_000)
def _probabilities(store: RunStore, run_id: str, step: int, image: bytes) -> Array:
    network = network_at(store, run_id, step)
    probabilities: Array = network.probabilities(np.frombuffer(image, np.uint8)[np.newaxis])[0]
    return probabilities
