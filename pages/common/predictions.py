"""Predictions of a model on a test set, cached."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.predictions import predict
from nn.analysis.predictions.forgetting import Bools
from nn.analysis.predictions.predict import Predictions
from nn.network import parameter_count
from nn.runs.history import weights
from nn.runs.store.store import Run
from pages.common.test_set import ImageSet
from pages.server.networks import PRETRAINED_ID, network_at
from pages.server.shared_store import store


class SnapshotId(NamedTuple):
    """A kept snapshot of a run; PRETRAINED in place of one: the pretrained model."""

    run: str
    step: int


PRETRAINED = SnapshotId(PRETRAINED_ID, 0)


def predictions(snapshot: SnapshotId, test_set: ImageSet) -> Predictions:
    """Raises UserError for a snapshot that does not exist and for a network that has diverged."""
    return _predictions(snapshot, test_set.key, test_set)


@st.cache_resource(max_entries=48, show_spinner=False)  # of 10,000 images each takes 0.5 MB
def _predictions(snapshot: SnapshotId, key: str, _test_set: ImageSet) -> Predictions:
    return predict.predict(network_at(*snapshot), _test_set.data.images, _test_set.data.labels)


def correct(snapshot: SnapshotId, test_set: ImageSet) -> Bools:
    """Which images are classified correctly: (n,). Raises UserError for a snapshot that does not
    exist."""
    return _correct(snapshot, test_set.key, test_set)


@st.cache_resource(max_entries=1024, show_spinner=False)  # of 10,000 images each takes 10 kB
def _correct(snapshot: SnapshotId, key: str, _test_set: ImageSet) -> Bools:
    data = _test_set.data
    is_correct: Bools = predict.predicted_digits(network_at(*snapshot), data.images) == data.labels
    return is_correct


@st.cache_data(max_entries=4096, show_spinner=False)
def samples_seen(snapshot: SnapshotId) -> int:
    """Training images seen by then. Raises UserError for a snapshot that does not exist."""
    return store().snapshot(snapshot.run, snapshot.step).samples_seen


def evenly_spaced(
    run: Run, steps: list[int], last: int, test_set: ImageSet, max_snapshots: int, max_work: float
) -> list[SnapshotId]:
    """At most ``max_snapshots`` of the kept snapshots ``steps`` up to ``last``, which is one of
    them; fewer where predicting with all would take more than ``max_work`` multiplications."""
    work = len(test_set.data) * parameter_count(run.spec.sizes)
    chosen = weights.evenly_spaced(steps, max(2, min(max_snapshots, int(max_work / work))))
    earlier = {step for step in chosen if step < last}
    return [SnapshotId(run.id, step) for step in sorted({*earlier, last})]


def accuracies(correct: Bools, labels: NDArray[np.uint8]) -> list[float | None]:
    """correct, labels: (n,) → the accuracy on all images, then on each digit; None: no image."""
    totals = np.bincount(labels, minlength=10).tolist()
    counts = np.bincount(labels[correct], minlength=10).tolist()
    per_digit = [n / total if total else None for n, total in zip(counts, totals, strict=True)]
    return [float(correct.mean()), *per_digit]
