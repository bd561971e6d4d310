"""The table of recorded runs: anybody may open one. Whoever started a run, and the server's owner,
may rename, keep and delete it, and delete many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from nn.errors import UserError
from nn.network import parameter_count
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run
from pages.common import state
from pages.common.glossary import term
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import note, plain
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

Epoch = dict[str, Any]  # the run's last complete one, as RunStore.last_epochs; empty without one


def show(run_in_view: Run | None) -> None:
    """The runs, to choose the one in view, and what the visitor may do with them."""
    runs = newest_runs()
    # Without their number: with another label, it would be another expander, and closed.
    expander = st.expander("Recorded runs", key="recorded runs", on_change="rerun")
    if not expander.open:  # a table takes the browser long to load
        return
    with expander:
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
                    "Columns of the table", list(_columns()), key=COLUMNS, persist_state="session"
                )
            if selected:
                if st.button(f"Delete {_count(selected)}…", icon=":material/delete:"):
                    _confirm_deletion(selected)
            else:
                note(f"{_count(runs)}. Click one to open it; check those to delete.")
        if run_in_view and state.can_control(run_in_view):
            _manage(run_in_view)


def _table(runs: Sequence[Run]) -> list[Run]:
    """→ the runs that are selected"""
    state.initialize(COLUMNS, list(DEFAULT_COLUMNS))
    epochs, columns = store().last_epochs(), _columns()
    chosen = [name for name in columns if name in state.value(COLUMNS)] or ["Name"]
    ids = [run.id for run in runs]
    selected = [run for run in runs if run.id in state.value(SELECTED, ())]
    # A selection is of row numbers. With other runs it is another table, so that none of them
    # comes to mean another run.
    key = f"{TABLE} {hash(tuple(ids))}"
    st.dataframe(
        [{name: columns[name](run, epochs.get(run.id, {})) for name in chosen} for run in runs],
        column_config={
            "Name": st.column_config.TextColumn(pinned=True),
            "Epochs done": st.column_config.NumberColumn(help=term("epoch")),
            "Test accuracy": st.column_config.NumberColumn(format="percent", help=term("accuracy")),
            "Best test accuracy": st.column_config.NumberColumn(format="percent"),
            "Validation accuracy": st.column_config.NumberColumn(format="percent"),
            "Images seen": st.column_config.NumberColumn(format="localized"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Images per second": st.column_config.NumberColumn(format="localized"),
            "Seconds of training": st.column_config.NumberColumn(format="%.1f"),
            "Started": st.column_config.DatetimeColumn(format="distance"),
        },
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


def _columns() -> dict[str, Callable[[Run, Epoch], object]]:
    """Every figure and setting of a run: the column's name → its value."""

    def figure(of: Callable[[Run], object]) -> Callable[[Run, Epoch], object]:
        return lambda run, _: of(run)

    def last(name: str) -> Callable[[Run, Epoch], object]:
        return lambda _, epoch: epoch.get(name)

    def setting(field: str) -> Callable[[Run, Epoch], object]:
        return lambda run, _: _setting(run.spec, field)

    return {
        "Name": figure(lambda run: run.name),
        "State": figure(lambda run: run.state.capitalize()),
        "Network": figure(lambda run: "-".join(map(str, run.spec.sizes))),
        "Dataset": setting("dataset"),
        "Epochs done": figure(lambda run: run.epoch),
        "Test accuracy": figure(lambda run: run.test_accuracy),
        "Started": figure(lambda run: datetime.fromtimestamp(run.created, UTC)),
        "Best test accuracy": last("best_test_accuracy"),
        "Validation accuracy": last("val_accuracy"),
        "Training loss": last("train_loss"),
        "Validation loss": last("val_loss"),
        "Batches": figure(lambda run: run.step),
        "Images seen": figure(lambda run: run.samples_seen),
        "Seconds of training": figure(lambda run: run.seconds),
        "Images per second": last("images_per_second"),
        "Parameters": figure(lambda run: parameter_count(run.spec.sizes)),
        "Started by": figure(_started_by),
        "Keeps all snapshots": figure(lambda run: run.pinned),
        "Message": figure(lambda run: run.message),
        "Run": figure(lambda run: run.id),
    } | {
        FIELDS[field.name]: setting(field.name)
        for field in fields(RunSpec)
        if field.name != "dataset"
    }


def _setting(spec: RunSpec, field: str) -> object:
    """Numbers and truth values as such, so that the table sorts them; others as text."""
    value = getattr(spec, field)
    is_text = field in ("dataset", "hidden", "extra_data", "init_from") or isinstance(value, str)
    return text_of(spec, field) if is_text else value


def _started_by(run: Run) -> str:
    if state.owns(run):
        return "you"
    return "another visitor" if run.owner else "the command line"


def _manage(run: Run) -> None:
    name, keep, delete = st.columns([3, 2, 2], vertical_alignment="bottom")
    name_key, keep_key = f"name {run.id}", f"keep {run.id}"
    # The store's values: somebody else may have changed them since.
    state.set_value(name_key, run.name)
    state.set_value(keep_key, run.pinned)

    def rename() -> None:
        try:
            store().rename(run.id, state.value(name_key))
        except UserError as error:
            st.toast(plain(str(error)))

    name.text_input("Name of the run in view", max_chars=60, key=name_key, on_change=rename)
    keep.toggle(
        "Keep all snapshots",
        help="When the storage quota is reached, old runs lose some of their snapshots. Turn this "
        "on to keep all snapshots of this run.",
        key=keep_key,
        on_change=lambda: store().pin(run.id, state.value(keep_key)),
    )
    if delete.button("Delete this run…", icon=":material/delete:", width="stretch"):
        _confirm_deletion([run])


def _confirm_deletion(runs: Sequence[Run]) -> None:
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


def _obstacle(run: Run) -> tuple[str, str] | None:
    """Why the visitor may not delete the run."""
    if not state.can_control(run):
        return OTHERS
    return ACTIVE if run.state.active else None


def _delete(run_ids: Collection[str]) -> None:
    """Delete the runs that may still be deleted, and say how many."""
    in_view = state.run_in_view()
    deleted = []
    for run_id in run_ids:
        try:
            run = store().run(run_id)
        except UserError:  # somebody else has deleted it
            continue
        if not _obstacle(run):
            store().delete(run_id)
            deleted.append(run)
    if in_view and in_view.id in [run.id for run in deleted]:
        state.view(None)
    state.set_value(SELECTED, [])
    st.toast(f"{_count(deleted)} deleted.")


def _count(runs: Sequence[Run]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"
