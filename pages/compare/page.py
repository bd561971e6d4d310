"""The Compare page: any number of runs, their curves and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from nn.runs.store.store import Run
from pages.common import state
from pages.common.numbers import percent
from pages.common.text import note, plain
from pages.compare import details, differences, overlay, table
from pages.compare import runs as compared_runs
from pages.compare import state as compare_state
from pages.compare.colors import colors
from pages.compare.state import CHOICE
from pages.server.shared_store import store

OFFERED = 12  # of the newest runs, where none is compared yet


def choose(all_runs: Sequence[Run], compared: Sequence[Run]) -> None:
    """The table of all runs, open until two of them are compared."""
    state.initialize(CHOICE, len(compared) < 2)
    expander = st.expander("Choose runs", key=CHOICE, on_change="rerun")
    if expander.open:  # a table takes the browser long to load
        with expander:
            ids = [run.id for run in compared]
            table.show(all_runs, store().last_epochs(), ids, color_of)


def offer(runs: Sequence[Run]) -> None:
    """What to do where nothing is compared."""
    trained = [run.id for run in runs if run.samples_seen][:OFFERED]
    if not trained:
        note("No runs yet. Train a network on **Train**, change one setting, and train another.")
        return
    note("Check runs in the table above, or compare the newest ones.")
    label = f"Compare the newest {len(trained)} runs" if len(trained) > 1 else "Show the newest run"
    st.button(label, icon=":material/compare:", on_click=compare_state.compare, args=(trained,))


def summarize(runs: Sequence[Run]) -> None:
    """Which run was best, and in what they differ."""
    if len(runs) == 1:
        note("Check another run in the table to compare it with this one.")
        return
    parts = []
    ranked = compared_runs.ranked(runs)
    best = ranked[0].runs if ranked else []
    accuracy = percent(ranked[0].accuracy.median, 2) if ranked and ranked[0].accuracy else ""
    seeds = f"{len(best)} seeds"
    if len(ranked) > 1:
        name = compared_runs.names(runs)[best[0].id]
        verb = "is best so far" if any(run.state.active for run in runs) else "was best"
        of = f" (median of {seeds})" if len(best) > 1 else ""
        parts.append(f"**{plain(name)}** {verb}: {accuracy} test accuracy{of}.")
    elif len(best) > 1:
        parts.append(f"The median test accuracy of {seeds} is {accuracy}.")
    parts.append(compared_runs.differences([run.spec for run in runs]))
    st.markdown(" ".join(parts))


ids = compare_state.compared()
st.title("Compare", anchor=False)
runs = compared_runs.find(ids, store().runs(ids))
color_of = colors(runs)
# The table of all runs is filled last: what is checked in it is shown sooner.
choice = st.container()
results = st.container()
if runs:
    with results:
        summarize(runs)
        overlay.show(runs, color_of)
        differences.show(runs, store().last_epochs(ids), color_of)
all_runs = store().runs()
with choice:
    if all_runs:
        choose(all_runs, runs)
if runs:
    details.show(runs, color_of)
else:
    offer(all_runs)
