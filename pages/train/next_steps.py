"""What to do with a run that has ended."""

from __future__ import annotations

import streamlit as st

from nn.runs.store.store import Run
from pages.common import export_menu, model_picker, state
from pages.common.url_state import RUN
from pages.server.shared_store import store
from pages.train import settings


def show(run: Run) -> None:
    """Export for a run that has ended, and buttons that lead on from the visitor's own."""
    if run.state.active:
        return
    steps = store().snapshot_steps(run.id)
    if not run.samples_seen or not steps:
        return
    with st.container(horizontal=True, key="next-steps"):
        if state.owns(run):
            _lead_on(run)
        if state.is_simple():
            return
        with st.container(width=180):
            export_menu.show(run, steps, steps[-1], [export_menu.WALL, export_menu.NETWORK])


def _lead_on(run: Run) -> None:
    if st.button("Draw a digit for your model", icon=":material/draw:", wrap=True):
        model_picker.select(model_picker.ON_DRAW, run.id, None)
        st.switch_page("draw/page.py", query_params={RUN: run.id})
    if st.button("See its mistakes", icon=":material/rule:", wrap=True):
        st.switch_page("mistakes/page.py", query_params={RUN: run.id})
    if settings.can_fill_in(run.spec) and not state.is_simple():  # which hides the settings
        st.button(
            "Train again with one thing changed",
            icon=":material/tune:",
            wrap=True,
            on_click=_prepare_another,
            args=(run,),
        )


def _prepare_another(run: Run) -> None:
    settings.fill_in(run.spec)
    state.view(None)
    st.toast("These are the settings of that run. Change one, then press Start.")
