"""The table of recorded runs: anybody may open one. Whoever started a run, and the server's owner,
may rename, keep and delete it, and delete many at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

import streamlit as st

from nn.errors import UserError
from nn.runs.store.store import Run, UnreadableRun
from pages.common import errors, run_columns, state
from pages.common.text import note, plain
from pages.common.url_state import RUNS
from pages.server.shared_store import newest_runs, store

TABLE = "run table"
SELECTED = "selected runs"  # ids
OPENED = "opened run"  # the id of the run in whose row a cell was chosen last
COLUMNS = "run columns"
MAX_LISTED = 10  # in the confirmation

DEFAULT_COLUMNS = (
    "Name", "State", "Network", "Dataset", "Epochs done", "Test accuracy", "Started",
)  # fmt: skip

# Why runs are not deleted: of one, of several.
OTHERS = (
    "1 run cannot be deleted: somebody else started it.",
    "{count} runs cannot be deleted: others started them.",
)
ACTIVE = (
    "1 run cannot be deleted: it is still active. Stop it first.",
    "{count} runs cannot be deleted: they are still active. Stop them first.",
)


def show(run_in_view: Run | None) -> None:
    """The runs, to choose the one in view, and what the visitor may do with them."""
    runs = newest_runs()
    # Without their number: with another label, it would be another expander, and closed.
    expander = st.expander("Recorded runs", key="recorded runs", on_change="rerun")
    if not expander.open:  # a table takes the browser long to load
        return
    with expander:
        _list_unreadable()
        if not runs:
            note(
                "No runs yet. Press **Start**, or train on the command line: every run is recorded "
                "here."
            )
            return
        selected = _table(runs)
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.popover("Columns", icon=":material/view_column:"):
                st.multiselect(
                    "Columns of the table",
                    list(run_columns.columns()),
                    key=COLUMNS,
                    persist_state="session",
                )
            if selected:
                compare = f"Compare {_count(selected)}" + ("…" if len(selected) == 1 else "")
                if st.button(compare, icon=":material/compare:"):
                    st.switch_page(
                        "compare/page.py", query_params={RUNS: ",".join(run.id for run in selected)}
                    )
                if st.button(f"Delete {_count(selected)}…", icon=":material/delete:"):
                    _confirm_deletion(selected)
            else:
                note(f"{_count(runs)}. Click one to open it; check those to compare or delete.")
        if run_in_view and state.can_control(run_in_view):
            _manage(run_in_view)


def _table(runs: Sequence[Run]) -> list[Run]:
    """→ the runs that are selected"""
    state.initialize(COLUMNS, list(DEFAULT_COLUMNS))
    epochs, columns = store().last_epochs(), run_columns.columns()
    chosen = [name for name in columns if name in state.value(COLUMNS)] or ["Name"]
    ids = [run.id for run in runs]
    selected = [run for run in runs if run.id in state.value(SELECTED, ())]
    # A selection is of row numbers. With other runs it is another table, so that none of them
    # comes to mean another run.
    key = f"{TABLE} {hash(tuple(ids))}"
    st.dataframe(
        [{name: columns[name](run, epochs.get(run.id, {})) for name in chosen} for run in runs],
        column_config=run_columns.CONFIG,
        hide_index=True,
        height=min(38 + 35 * len(runs), 320),
        on_select=partial(_take_selection, key, ids),
        selection_mode=["multi-row", "single-cell"],
        selection_default={
            "selection": {
                "rows": [ids.index(run.id) for run in selected],
                "columns": [],
                "cells": [],
            }
        },
        placeholder="–",
        key=key,
    )  # fmt: skip
    return selected


def _take_selection(key: str, ids: Sequence[str]) -> None:
    """Check the runs whose rows are selected; open the one in whose row a cell is."""
    selection = state.value(key)["selection"]
    state.set_value(SELECTED, [ids[row] for row in selection["rows"]])
    opened = next(((ids[row], column) for row, column in selection["cells"]), None)
    if opened and opened != state.value(OPENED):
        try:
            state.view(store().run(opened[0]))
        except UserError:
            st.toast("This run has been deleted.")
    state.set_value(OPENED, opened)


def _list_unreadable() -> None:
    """The runs whose rows cannot be read, each with the reason; whoever may delete one, can."""
    unreadable = store().unreadable_runs()
    for run in unreadable[:MAX_LISTED]:
        text, delete = st.columns([5, 2], vertical_alignment="center")
        text.markdown(f"Run **{plain(run.name)}** cannot be read: {plain(run.reason)}")
        if state.can_control(run) and delete.button(
            "Delete this run…", icon=":material/delete:", width="stretch", key=f"delete {run.id}"
        ):
            _confirm_deletion([run])
    if len(unreadable) > MAX_LISTED:
        note(f"{len(unreadable) - MAX_LISTED} more runs cannot be read.")


def _manage(run: Run) -> None:
    name, keep, delete = st.columns([3, 2, 2], vertical_alignment="bottom")
    name_key, keep_key = f"name {run.id}", f"keep {run.id}"
    # The store's values: somebody else may have changed them since.
    state.set_value(name_key, run.name)
    state.set_value(keep_key, run.pinned)

    @errors.in_toast()
    def rename() -> None:
        store().rename(run.id, state.value(name_key))

    @errors.in_toast()
    def pin() -> None:
        store().pin(run.id, state.value(keep_key))

    name.text_input("Name of the run in view", max_chars=60, key=name_key, on_change=rename)
    keep.toggle(
        "Keep all snapshots",
        help="When the storage quota is reached, old runs lose some of their snapshots. Turn this "
        "on to keep all snapshots of this run.",
        key=keep_key,
        on_change=pin,
    )
    if delete.button("Delete this run…", icon=":material/delete:", width="stretch"):
        _confirm_deletion([run])


def _confirm_deletion(runs: Sequence[Run | UnreadableRun]) -> None:
    """Ask whether to delete the runs, in a dialog that counts them, and those that stay."""
    obstacles = {run.id: _obstacle(run) for run in runs}
    deletable = [run for run in runs if not obstacles[run.id]]
    title = f"Delete {_count(deletable)}?" if deletable else "No run can be deleted"

    def ask() -> None:
        if deletable:
            names = ", ".join(f"**{plain(run.name)}**" for run in deletable[:MAX_LISTED])
            more = len(deletable) - MAX_LISTED
            if more > 0:
                names += f" and {more} more"
            st.markdown(f"This cannot be undone. It deletes {names} with all snapshots.")
        for obstacle in (OTHERS, ACTIVE):
            count = list(obstacles.values()).count(obstacle)
            if count:
                st.markdown(obstacle[count > 1].format(count=count))
        with st.container(horizontal=True):
            if deletable and st.button(f"Delete {_count(deletable)}", type="primary"):
                _delete([run.id for run in deletable])
                st.rerun()
            if st.button("Cancel" if deletable else "Close"):
                st.rerun()

    st.dialog(title)(ask)()


def _obstacle(run: Run | UnreadableRun) -> tuple[str, str] | None:
    """Why the visitor may not delete the run."""
    if not state.can_control(run):
        return OTHERS
    return ACTIVE if isinstance(run, Run) and run.state.active else None


def _delete(run_ids: Collection[str]) -> None:
    """Delete the runs that may still be deleted, and say how many."""
    in_view = state.run_in_view()
    unreadable = {run.id: run for run in store().unreadable_runs()}
    deleted = []
    for run_id in run_ids:
        try:
            run = unreadable.get(run_id) or store().run(run_id)
        except UserError:  # somebody else has deleted it
            continue
        if not _obstacle(run):
            with errors.in_toast():
                store().delete(run_id)
                deleted.append(run)
    if in_view and in_view.id in [run.id for run in deleted]:
        state.view(None)
    state.set_value(SELECTED, [])
    if deleted:
        st.toast(f"{_count(deleted)} deleted.")


def _count(runs: Sequence[Run | UnreadableRun]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"
