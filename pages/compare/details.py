"""What the Compare page shows below its curves: the compared runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nn.runs.store.store import Run
from pages.common.text import note
from pages.compare import weight_walls
from pages.compare.state import TAB

MAX_RUNS = 8  # side by side


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    """The first runs side by side; only the open tab is computed. colors: run → CSS color."""
    if len(runs) > MAX_RUNS:
        note(f"Side by side: the first {MAX_RUNS} of the {len(runs):,} runs.")
    runs = runs[:MAX_RUNS]
    (walls_tab,) = st.tabs(["Weight walls"], key=TAB, on_change="rerun")
    if walls_tab.open:
        with walls_tab:
            weight_walls.show(runs, colors)
