"""Watch: how a network came to read your own drawing, moment by moment of its run."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn.errors import UserError
from nn.runs.history.predictions import prediction_history
from nn.runs.store.store import Run
from pages.common import charts
from pages.common.note import note
from pages.common.text import plain
from pages.components.image_gallery import Group, image_gallery, network_input
from pages.draw import state as draw_state
from pages.server.shared_store import store

MOST = 200  # newest runs to choose from
EVERY = 3  # seconds, while the run is under way
SIZE = 112  # pixels of the page


def show() -> None:
    pins = draw_state.pinned()
    if not pins:
        st.markdown(
            "Draw a digit and press **Pin**: here you see how the probabilities of *your* digit "
            "changed while a network learned to read."
        )
        return
    runs = {run.id: run for run in store().runs()[:MOST] if run.samples_seen or run.state.active}
    if not runs:
        st.markdown("No network has learned here yet. Start one, and come back to watch it.")
        st.page_link("train/page.py", label="Go to Train", icon=":material/timeline:")
        return
    if st.session_state.get(draw_state.WATCHED) not in runs:
        st.session_state.pop(draw_state.WATCHED, None)
    chosen = st.selectbox(
        "The network that learned", list(runs), format_func=lambda at: runs[at].name,
        key=draw_state.WATCHED, width=420,
    )  # fmt: skip
    under_way = runs[chosen].state.active
    st.fragment(_pins, run_every=EVERY if under_way else None)(runs[chosen], pins)


def _pins(run: Run, pins: list[bytes]) -> None:
    for number, pin in enumerate(reversed(pins)):
        image = np.frombuffer(pin, np.uint8).reshape(28, 28)
        picture, chart = st.columns([1, 5], gap="medium")
        with picture:
            image_gallery(
                [Group([network_input(image, "Pinned drawing")], "", "")], SIZE, f"pin {number}"
            )
            if st.button("Unpin", key=f"unpin {number}"):
                draw_state.unpin(pin)
                st.rerun()
        with chart:
            try:
                found = prediction_history(store(), run.id, image)
            except UserError as error:
                st.error(plain(str(error)))
                continue
            if not len(found.samples_seen):
                note("It has not begun to learn yet.")
                continue
            st.plotly_chart(
                charts.fates(found), key=f"fate {number}", config={"displayModeBar": False}
            )
