"""Draw once: each compared run classifies the drawing, live, and over its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nn.data.preprocess.pipeline import Preprocessed, preprocess
from nn.errors import UserError
from nn.runs.history.predictions import prediction_history
from nn.runs.store.store import Run
from pages.common import charts
from pages.common.canvas import BLANK, Drawing, canvas
from pages.common.history_chart import chart, description
from pages.common.model_picker import Model
from pages.common.text import note, plain
from pages.compare.classified import newest_step
from pages.compare.labels import heading, settings_of
from pages.compare.state import HISTORY, TOOLS
from pages.components.prediction_bars import prediction_bars
from pages.server.shared_store import store

MAX_SNAPSHOTS = 40  # of a run, at which the drawing is classified
NOT_TRAINED = "This run has not been trained yet."


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    settings = settings_of(runs)
    left, right = st.columns([5, 6], gap="large")
    with left, st.container(key="compare_canvas", gap="small"):
        drawn, preprocessed = _canvas()
        note("Draw one digit: each of these networks classifies it while you draw.")
    with right, st.container(key="predictions", gap="small"):
        for start in range(0, len(runs), 2):
            for run, column in zip(runs[start : start + 2], st.columns(2), strict=False):
                with column:
                    heading(run.name, colors[run.id], settings[run.id])
                    _bars(run, drawn, preprocessed)
    history = st.expander(
        "Probabilities over training", expanded=True, key=HISTORY, on_change="rerun"
    )
    if history.open:
        with history:
            if preprocessed.problem:
                st.markdown(
                    "Draw a digit to see how its probabilities changed while each network trained."
                )
            else:
                _histories(runs, colors, preprocessed)


def _canvas() -> tuple[Drawing | None, Preprocessed]:
    """→ what is drawn, and the networks' input made of it."""
    try:
        drawn = canvas(TOOLS)
        return drawn, preprocess(drawn.image) if drawn else BLANK
    except UserError as error:
        st.error(plain(str(error)))
        return None, BLANK


def _bars(run: Run, drawn: Drawing | None, preprocessed: Preprocessed) -> None:
    """Of the run's newest network."""
    step = newest_step(run)
    if step is None:
        note(NOT_TRAINED)
        return
    model = Model("", run.name, run.id, step, run.state.active)
    prediction_bars(
        model.predict(preprocessed),
        preprocessed,
        drawn.id if drawn else 0,
        0,
        len(drawn.strokes) if drawn else 0,
        drawn is not None,
        model.live_key,
        show_input=False,
        key=f"bars {run.id}",
        compact=True,
    )


def _histories(runs: Sequence[Run], colors: Mapping[str, str], preprocessed: Preprocessed) -> None:
    status = st.empty()
    for start in range(0, len(runs), 2):
        for number, (run, column) in enumerate(
            zip(runs[start : start + 2], st.columns(2, gap="large"), strict=False), start + 1
        ):
            with status, st.spinner(f"Classifying: run {number} of {len(runs)}"):
                found = prediction_history(store(), run.id, preprocessed.image, MAX_SNAPSHOTS)
            with column:
                heading(run.name, colors[run.id], "")
                if len(found.samples_seen):
                    charts.show(chart(found), f"history {run.id}", description(found))
                else:
                    note(NOT_TRAINED)
    status.empty()
