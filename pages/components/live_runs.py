"""The offer to watch a run of somebody else that is active now (see pages.server.live_runs)."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nn.runs.store.store import Run
from pages.components.register import component

KEY = "live_runs"

_show = component("live_runs")


def live_runs(run_in_view: Run | None, on_choose: Callable[[str], object]) -> None:
    """``on_choose`` is called with the id of the run to watch."""
    _show(
        key=KEY,
        data={"in_view": run_in_view and run_in_view.id},
        on_chosen_change=lambda: on_choose(str(st.session_state[KEY].chosen)),
    )
