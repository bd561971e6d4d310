"""Learning history: how the prediction for pinned drawings changed over a run's training."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn import IMAGE_SIDE
from nn.errors import UserError
from nn.runs.history.predictions import prediction_history
from nn.runs.store.store import Run
from pages.common import charts, errors, state
from pages.common.history_chart import chart, description
from pages.common.text import note, plain
from pages.components.image_gallery import Group, image_gallery, network_input
from pages.draw import state as draw_state
from pages.server.shared_store import newest_runs, store

INTERVAL = 3  # seconds between updates while the run trains
SIZE = 112  # pixels on the page


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
                with errors.in_toast():
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
