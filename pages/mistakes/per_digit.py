"""By digit: how well each digit is read, now and along the run."""

from __future__ import annotations

import math

import streamlit as st

from nn.analysis.predictions.confusion import confusion
from nn.analysis.predictions.predict import Predictions
from nn.runs.store.store import Run
from pages.common import predictions
from pages.common.note import note
from pages.common.predictions import Moment
from pages.common.test_set import Pictures
from pages.components.per_digit_table import Row, per_digit_table

MOMENTS = 24  # on a curve
HEADS = ["Digit", "Read right", "Read wrong", "Most often taken for"]
WORK = 1e11  # multiplications for reading the pictures at all of them: some seconds on one core


def show(
    reading: Predictions, pictures: Pictures, run: Run | None, steps: list[int], moment: Moment
) -> None:
    """steps: of the run's kept frames; run: None: the pretrained model, which has none."""
    if not run:
        now = predictions.accuracies(reading.correct, pictures.data.labels)
        per_digit_table(HEADS, _rows(reading, [now]), [1.0])
        return
    moments = predictions.moments(run, steps, moment.step, pictures, MOMENTS, WORK)
    progress = st.empty()
    along = []
    for number, earlier in enumerate(moments, 1):
        along.append(
            predictions.accuracies(predictions.right(earlier, pictures), pictures.data.labels)
        )
        progress.progress(number / len(moments), "Predictions the pictures at earlier moments")
    progress.empty()
    samples_seen = [predictions.samples_seen(moment) for moment in moments]
    per_digit_table(
        HEADS[:2] + ["Along the run"] * (len(moments) > 1) + HEADS[2:],
        _rows(reading, along),
        places(samples_seen),
    )
    note(
        f"Along the run: the share read right at {len(moments)} moments from the untrained network "
        "to the one the timeline stands at, from 0 to 100 %, and how many percentage points it has "
        "gained."
    )


def places(samples_seen: list[int]) -> list[float]:
    """Digits seen at some moments, rising → where they stand on a logarithmic axis, 0–1; the
    untrained network stands where half of the next's would."""
    if len(samples_seen) < 2:
        return [1.0] * len(samples_seen)
    start = samples_seen[0] or samples_seen[1] / 2
    return [
        math.log(max(n, start) / start) / math.log(samples_seen[-1] / start) for n in samples_seen
    ]


def _rows(reading: Predictions, along: list[list[float | None]]) -> list[Row]:
    counts = confusion(reading.labels, reading.predicted).counts
    names = ["all", *map(str, range(10))]
    rows = []
    for at, name in enumerate(names):
        series = [shares[at] for shares in along]
        now, first = series[-1], series[0]
        gain = (
            "" if now is None or first is None else f"{100 * (now - first):+.1f}".replace("-", "−")
        )
        if at:
            total, right = int(counts[at - 1].sum()), int(counts[at - 1, at - 1])
            others = counts[at - 1].copy()
            others[at - 1] = 0
            worst = f"{others.argmax()} ({others.max():,} ×)" if others.any() else "–"
        else:
            total, right, worst = int(counts.sum()), int(counts.trace()), ""
        rows.append(Row(name, now, series, gain, f"{total - right:,} of {total:,}", worst))
    return rows
