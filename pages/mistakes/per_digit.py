"""Per digit: the accuracy of each digit, now and over the run."""

from __future__ import annotations

import math

import streamlit as st

from nn.analysis.predictions.confusion import confusion
from nn.analysis.predictions.predict import Predictions
from nn.runs.store.store import Run
from pages.common import predictions as model_predictions
from pages.common.predictions import SnapshotId
from pages.common.test_set import ImageSet
from pages.common.text import note
from pages.components.per_digit_table import Row, per_digit_table

MAX_SNAPSHOTS = 24  # on a curve
MAX_WORK = 1e11  # multiplications for the predictions at all of them: some seconds on one core
HEADINGS = ["Digit", "Accuracy", "Errors", "Most often predicted as"]


def show(
    predictions: Predictions,
    images: ImageSet,
    run: Run | None,
    steps: list[int],
    snapshot: SnapshotId,
) -> None:
    """steps: of the run's kept snapshots; run: None for the pretrained model, which has none."""
    labels = images.data.labels
    if not run:
        current = model_predictions.accuracies(predictions.correct, labels)
        per_digit_table(HEADINGS, _rows(predictions, [current]), [1.0])
        return
    snapshots = model_predictions.evenly_spaced(
        run, steps, snapshot.step, images, MAX_SNAPSHOTS, MAX_WORK
    )
    progress = st.empty()
    history = []
    for number, earlier in enumerate(snapshots, 1):
        history.append(
            model_predictions.accuracies(model_predictions.correct(earlier, images), labels)
        )
        progress.progress(
            number / len(snapshots), f"Classifying: snapshot {number} of {len(snapshots)}"
        )
    progress.empty()
    samples_seen = [model_predictions.samples_seen(earlier) for earlier in snapshots]
    per_digit_table(
        HEADINGS[:2] + ["During training"] * (len(snapshots) > 1) + HEADINGS[2:],
        _rows(predictions, history),
        positions(samples_seen),
    )
    note(
        f"During training: accuracy (0 to 100 %) at {len(snapshots)} snapshots, from the untrained "
        "network to the selected snapshot, and the change in percentage points."
    )


def positions(samples_seen: list[int]) -> list[float]:
    """Images seen at each snapshot, ascending → positions on a logarithmic axis, 0–1. The untrained
    network is placed at half the images of the next snapshot."""
    if len(samples_seen) < 2:
        return [1.0] * len(samples_seen)
    start = samples_seen[0] or samples_seen[1] / 2
    return [
        math.log(max(n, start) / start) / math.log(samples_seen[-1] / start) for n in samples_seen
    ]


def _rows(predictions: Predictions, history: list[list[float | None]]) -> list[Row]:
    """history: for each snapshot the accuracy of all images, then of each digit."""
    counts = confusion(predictions.labels, predictions.predicted).counts
    rows = []
    for index, name in enumerate(["all", *map(str, range(10))]):
        series = [accuracies[index] for accuracies in history]
        first, last = series[0], series[-1]
        change = ""
        if first is not None and last is not None:
            change = f"{100 * (last - first):+.1f}".replace("-", "−")
        if index:
            digit_counts = counts[index - 1].copy()
            total, correct = int(digit_counts.sum()), int(digit_counts[index - 1])
            digit_counts[index - 1] = 0
            predicted_as = (
                f"{digit_counts.argmax()} ({digit_counts.max():,} ×)" if digit_counts.any() else "–"
            )
        else:
            total, correct, predicted_as = int(counts.sum()), int(counts.trace()), ""
        rows.append(
            Row(name, last, series, change, f"{total - correct:,} of {total:,}", predicted_as)
        )
    return rows
