"""Networks: the run whose network is looked at, chosen among all there are."""

from __future__ import annotations

import streamlit as st

from nn.runs.store import Run
from pages.parts import session
from pages.parts.recorded import store

MOST = 200  # newest runs to choose from


def choose() -> Run | None:
    """Ask for a run, beginning with the one in view; None where there is none."""
    run = session.run_in_view()
    runs = {each.id: each for each in store().runs()[:MOST]}
    if not runs:
        return None
    if run is None:  # a new one is being prepared on the Train page: leave it so
        run = next(iter(runs.values()))
    runs.setdefault(run.id, run)
    st.session_state[session.NETWORK] = run.id

    def chosen() -> None:
        session.look_at(None)
        session.view(runs[st.session_state[session.NETWORK]])

    st.selectbox(
        "Network", list(runs), format_func=lambda each: _words(runs[each]), key=session.NETWORK,
        on_change=chosen,
    )  # fmt: skip
    return run


def _words(run: Run) -> str:
    read = "" if run.test_accuracy is None else f", reads {run.test_accuracy:.1%}"
    return f"{run.name} ({'-'.join(map(str, run.spec.sizes))}{read})"
