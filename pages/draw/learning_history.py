"""Learning history: how the prediction for pinned drawings changed over a run's training."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nn import IMAGE_SIDE
from nn.errors import UserError
from nn.runs.history.predictions import PredictionHistory, prediction_history
from nn.runs.store.store import Run
from pages.common import charts, state
from pages.common.text import note, plain
from pages.components.image_gallery import Group, image_gallery, network_input
from pages.draw import state as draw_state
from pages.server.shared_store import newest_runs, store

INTERVAL = 3  # seconds between updates while the run trains
SIZE = 112  # pixels on the page
MIN_PROBABILITY = 0.2  # a digit that never reaches it stays gray
GRAY = "rgba(139, 149, 163, 0.35)"
COLORS = (
    "#0f9d8f", "#d9822b", "#3f7fd6", "#c2382e", "#8a5fc7", "#7a9a1f", "#c94f8a", "#1f9bbd",
    "#a9741f", "#5b6bd6",
)  # fmt: skip
TICKS = (1, 10, 100, 1_000, 10_000, 100_000, 10**6, 10**7)


def show() -> None:
    pins = state.pins()
    if not pins:
        st.markdown(
            "Draw a digit and press **Pin** to see how the probabilities of *your* digit changed "
            "while a network trained."
        )
        return
    runs = {run.id: run for run in newest_runs() if run.samples_seen or run.state.active}
    if not runs:
        st.markdown("There are no runs yet. Train a network, then come back.")
        st.page_link("train/page.py", label="Open Train", icon=":material/timeline:")
        return
    if st.session_state.get(draw_state.HISTORY_RUN) not in runs:
        st.session_state.pop(draw_state.HISTORY_RUN, None)
    chosen = st.selectbox(
        "Run", list(runs), format_func=lambda run_id: runs[run_id].name,
        key=draw_state.HISTORY_RUN, width=420,
    )  # fmt: skip
    is_active = runs[chosen].state.active
    st.fragment(_pins, run_every=INTERVAL if is_active else None)(runs[chosen], pins)


def _pins(run: Run, pins: list[bytes]) -> None:
    for number, pin in enumerate(reversed(pins)):
        image = np.frombuffer(pin, np.uint8).reshape(IMAGE_SIDE, IMAGE_SIDE)
        left, right = st.columns([1, 5], gap="medium")
        with left:
            drawing = network_input(image, "Pinned drawing")
            image_gallery([Group([drawing], "", "")], SIZE, f"pin {number}")
            if st.button("Unpin", key=f"unpin {number}"):
                state.unpin(pin)
                st.rerun()
        with right:
            try:
                history = prediction_history(store(), run.id, image)
            except UserError as error:
                st.error(plain(str(error)))
                continue
            if not len(history.samples_seen):
                note("Training has not started yet.")
                continue
            charts.show(chart(history), f"history {number}", description(history))


def description(history: PredictionHistory) -> str:
    """The chart in words."""
    first, last = history.probabilities[0], history.probabilities[-1]
    return (
        f"Probabilities of the ten digits over training. Before: {first.argmax()} is the most "
        f"likely, with {first.max():.0%}. After {history.samples_seen[-1]:,} images: "
        f"{last.argmax()}, with {last.max():.0%}."
    )


def chart(history: PredictionHistory) -> go.Figure:
    """Ten lines: the probability of each digit over the images seen."""
    samples_seen = history.samples_seen.clip(min=1)  # a logarithmic axis has no 0
    highest = history.probabilities.max(axis=0)
    order = history.probabilities[-1].argsort()  # the final prediction is drawn last, on top
    figure = go.Figure()
    for digit in order:
        is_colored = bool(highest[digit] >= MIN_PROBABILITY)
        figure.add_scatter(
            x=samples_seen,
            y=history.probabilities[:, digit],
            name=f"{digit}",
            mode="lines",
            line={
                "width": 3 if digit == order[-1] else 1.5,
                "color": COLORS[digit] if is_colored else GRAY,
            },
            hovertemplate="%{y:.1%}" if is_colored else None,
            hoverinfo=None if is_colored else "skip",
            showlegend=is_colored,
        )
    ticks = [tick for tick in TICKS if tick <= samples_seen[-1]]
    figure.update_layout(
        height=260,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        hovermode="x unified",
        xaxis={
            "type": "log",
            "title": "images seen",
            "tickvals": ticks,
            "ticktext": ["untrained", *(f"{tick:,}" for tick in ticks[1:])],
        },
        yaxis={"range": [0, 1.02], "tickformat": ".0%", "title": "probability"},
        legend={"traceorder": "reversed"},
    )
    return figure
