"""Networks: the run whose network is looked at, chosen among all there are."""

from __future__ import annotations

import streamlit as st

from nn.runs.store.store import Run
from pages.common import state
from pages.mistakes import state as mistakes_state
from pages.server.shared_store import store

MOST = 200  # newest runs to choose from


def choose() -> Run | None:
    """Ask for a run, beginning with the one in view; None: the pretrained model."""
    run = state.run_in_view()
    runs = {each.id: each for each in store().runs()[:MOST]}
    if run:
        runs.setdefault(run.id, run)
    st.session_state[mistakes_state.NETWORK] = run.id if run else state.NEW

    def chosen() -> None:
        state.look_at(None)
        state.view(runs.get(st.session_state[mistakes_state.NETWORK]))

    st.selectbox(
        "Model",
        [state.NEW, *runs],
        format_func=lambda each: _words(runs[each]) if each else "Pretrained model",
        key=mistakes_state.NETWORK,
        on_change=chosen,
    )
    return run


def _words(run: Run) -> str:
    read = "" if run.test_accuracy is None else f" · {run.test_accuracy:.1%} test accuracy"
    return f"{run.name} · {'-'.join(map(str, run.spec.sizes))}{read}"
