"""Runs of others that are training now, offered to be watched."""

from __future__ import annotations

import streamlit as st

from nn.runs.store.store import Run
from pages.common import state
from pages.common.text import plain
from pages.server.shared_store import store

INTERVAL = 5.0  # seconds between two queries
MAX_LISTED = 20


def offer(run_in_view: Run | None) -> None:
    """Offer the others' active runs, unless the visitor's own run is training."""
    if not (run_in_view and run_in_view.state.active):
        st.fragment(_offer, run_every=INTERVAL)(run_in_view.id if run_in_view else None)


def _offer(in_view: str | None) -> None:
    others = [
        run
        for run in store().runs()
        if run.state.active and run.id != in_view and not state.owns(run)
    ]
    if not others:
        return
    count = "1 run is" if len(others) == 1 else f"{len(others)} runs are"
    with st.popover(f"{count} training: watch", icon=":material/visibility:", type="tertiary"):
        for run in others[:MAX_LISTED]:
            network = "-".join(map(str, run.spec.sizes))
            label = f"{plain(run.name)} ({network}, {run.state})"
            if st.button(label, key=f"watch {run.id}", type="tertiary"):
                state.view(run)
                st.rerun()
        if len(others) > MAX_LISTED:
            st.caption(f"And {len(others) - MAX_LISTED} more, in the table of recorded runs.")
