"""What the Compare page shows below its curves: the compared runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from nn.errors import UserError
from nn.runs.store.store import Run
from pages.common.text import note
from pages.compare import calibration, confusion, disagreement, drawing, weight_walls
from pages.compare.state import TAB
from pages.server.shared_store import store

MAX_RUNS = 8  # side by side
INTERVAL = 3  # seconds between updates while a run trains

Section = Callable[[Sequence[Run], Mapping[str, str]], None]

SECTIONS: dict[str, Section] = {
    "Weight walls": weight_walls.show,
    "Confusion matrices": confusion.show,
    "Calibration": calibration.show,
    "Disagreement": disagreement.show,
    "Draw": drawing.show,
}
LIVE = weight_walls.show, drawing.show  # without the script


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    """The first runs side by side; only the open tab is computed. colors: run → CSS color."""
    if len(runs) > MAX_RUNS:
        note(f"Below are the first {MAX_RUNS} of the {len(runs):,} runs.")
    runs = runs[:MAX_RUNS]
    interval = INTERVAL if any(run.state.active for run in runs) else None
    tabs = st.tabs(list(SECTIONS), key=TAB, on_change="rerun")
    for tab, section in zip(tabs, SECTIONS.values(), strict=True):
        if tab.open:
            with tab:
                every = None if section in LIVE else interval
                st.fragment(_show, run_every=every)(section, runs, colors)


def _show(section: Section, runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    try:
        changed = any(store().run(run.id).state is not run.state for run in runs)
    except UserError:  # deleted by now
        changed = True
    if changed:
        st.rerun()
    section(runs, colors)
