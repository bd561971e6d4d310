"""Robustness: the accuracy on corrupted images, beside that of the pretrained model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nn.analysis.robustness import KINDS, NONE, Corrupted
from nn.errors import UserError
from pages.common import charts
from pages.common import predictions as model_predictions
from pages.common.calibration_chart import GRAY, GREEN
from pages.common.glossary import term
from pages.common.numbers import images as count_of_images
from pages.common.numbers import percent
from pages.common.predictions import PRETRAINED, SnapshotId
from pages.common.test_set import ImageSet
from pages.common.text import note, plain
from pages.mistakes import state as mistakes_state
from pages.server.measure_robustness import Measured, Measurement, sample
from pages.server.networks import network_at

INTERVAL = 1  # seconds between updates of the progress bar


class Job(NamedTuple):
    """What this visitor has started to measure."""

    snapshot: SnapshotId
    images: str  # key of the test set
    measurement: Measurement


def show(images: ImageSet, snapshot: SnapshotId) -> None:
    count = count_of_images(len(sample(images.data)))
    st.markdown(
        "A **robust** model also classifies images that have been damaged. Here "
        f"{count} of this test set are corrupted in fifteen ways, like those of MNIST-C (Mu and "
        "Gilmer 2019), then preprocessed like an upload and classified."
    )
    measured = _measured(snapshot, images)
    if _is_complete(measured):
        _results(snapshot, measured)
        return
    job: Job | None = mistakes_state.measurement()
    if job and (job.snapshot.run, job.images) != (snapshot.run, images.key):
        job = None
    if job and not job.measurement.is_done:
        st.fragment(_progress, run_every=INTERVAL)(job)
        return
    try:
        if job:
            job.measurement.check()
    except UserError as error:
        st.error(plain(str(error)))
    st.button(
        "Measure robustness",
        help=term("robustness"),
        on_click=_start,
        args=(snapshot, images),
    )
    note("Takes a minute or two for the first model on a test set, and seconds for others.")
    if job and _is_complete(earlier := _measured(job.snapshot, images)):
        seen = model_predictions.samples_seen(job.snapshot)
        st.markdown(f"**Measured at another snapshot, after {count_of_images(seen)}:**")
        _results(job.snapshot, earlier)


def _start(snapshot: SnapshotId, images: ImageSet) -> None:
    cancel()
    measurement = Measurement(
        images.data, _corrupted(images.key), list(_measured(snapshot, images).values())
    )
    mistakes_state.start_measurement(Job(snapshot, images.key, measurement))


def cancel() -> None:
    """What this visitor measures."""
    job: Job | None = mistakes_state.measurement()
    if job:
        job.measurement.cancel()
    mistakes_state.start_measurement(None)


def _progress(job: Job) -> None:
    if job.measurement.is_done:
        st.rerun()
    text = f"Measuring: {round(job.measurement.progress * len(KINDS))} of {len(KINDS)} kinds"
    if job.measurement.is_waiting:
        text = "Waiting: the server is measuring another model…"
    st.progress(job.measurement.progress, text)
    if st.button("Cancel", key="cancel robustness", on_click=cancel):
        st.rerun()  # what is outside this fragment depends on it


def _measured(snapshot: SnapshotId, images: ImageSet) -> dict[str, Measured]:
    """By name: the model at this snapshot, and the pretrained model to compare it with."""
    models = {"this model": snapshot, "pretrained model": PRETRAINED}
    if snapshot == PRETRAINED:
        models = {"pretrained model": PRETRAINED}
    return {
        name: Measured(network_at(*one), _accuracies(one, images.key))
        for name, one in models.items()
    }


def _is_complete(measured: Mapping[str, Measured]) -> bool:
    return all(one.is_complete for one in measured.values())


@st.cache_resource(max_entries=1024, show_spinner=False)
def _accuracies(snapshot: SnapshotId, key: str) -> dict[str, float]:
    """Where the accuracies of a model on a test set are kept as they are measured."""
    return {}


@st.cache_resource(max_entries=4, show_spinner=False)  # of 1,000 images each takes 13 MB
def _corrupted(key: str) -> dict[str, Corrupted]:
    """Where the corrupted images of a test set are kept once they are made."""
    return {}


def _results(snapshot: SnapshotId, measured: Mapping[str, Measured]) -> None:
    columns = {name: one.accuracies for name, one in measured.items()}
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(table(columns))
        note("Corrupted images in which preprocessing finds no digit count as errors.")
    with right:
        name, accuracies = next(iter(columns.items()))
        worst = min(accuracies, key=lambda kind: accuracies[kind])
        charts.show(
            chart(columns),
            "robustness",
            f"Bar chart of the accuracy after each corruption. Of {name}: "
            f"{percent(mean(accuracies))} on average, lowest with {worst}: "
            f"{percent(accuracies[worst])}.",
        )


def mean(accuracies: Mapping[str, float]) -> float:
    """Over the fifteen corruptions, without the images that have none."""
    return float(np.mean([accuracies[kind] for kind in KINDS if kind != NONE]))


def table(columns: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown: accuracies by kind of corruption, a column for each model, by its name."""
    rows = [f"| corruption | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for kind in KINDS:
        cells = " | ".join(percent(accuracies[kind]) for accuracies in columns.values())
        rows.append(f"| {kind} | {cells} |")
    cells = " | ".join(f"**{percent(mean(accuracies))}**" for accuracies in columns.values())
    rows.append(f"| **mean of the fifteen** | {cells} |")
    return "\n".join(rows)


def chart(columns: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """A bar for each kind of corruption and model, from top to bottom as in the table."""
    figure = go.Figure()
    for (name, accuracies), color in zip(columns.items(), (GREEN, GRAY), strict=False):
        figure.add_bar(
            x=[accuracies[kind] for kind in KINDS],
            y=list(KINDS),
            name=name,
            orientation="h",
            marker={"color": color},
            hovertemplate="%{y}: %{x:.1%}",
        )
    figure.update_layout(
        height=660,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        barmode="group",
        bargap=0.3,
        showlegend=len(columns) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": "accuracy", "range": [0, 1.04], "tickformat": ".0%", "fixedrange": True},
        yaxis={"autorange": "reversed", "fixedrange": True},
    )
    return figure
