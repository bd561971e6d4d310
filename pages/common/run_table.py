"""The table of recorded runs: anybody may open one; its owner may rename, keep and delete it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from nn.errors import UserError
from nn.runs.store.store import Run
from pages.common import state
from pages.common.glossary import term
from pages.common.text import plain
from pages.server.shared_store import newest_runs, store

TABLE = "run table"


def show(run_in_view: Run | None) -> None:
    """The runs, to choose the one in view, and what its owner can do with it."""
    runs = newest_runs()
    expander = st.expander(f"Recorded runs ({len(runs)})", key="recorded runs", on_change="rerun")
    if not expander.open:  # a table takes the browser long to load
        return
    with expander:
        if not runs:
            st.caption(
                "No runs yet. Press **Start**, or train on the command line: every run is recorded "
                "here."
            )
            return

        def view_selected() -> None:
            for row in state.selected_rows(TABLE):
                state.view(runs[row])

        st.dataframe(
            [_row(run) for run in runs],
            column_config={
                "Epochs": st.column_config.NumberColumn(help=term("epoch")),
                "Test accuracy": st.column_config.NumberColumn(
                    format="percent", help=term("accuracy")
                ),
                "Started": st.column_config.DatetimeColumn(format="distance"),
            },
            hide_index=True,
            height=min(38 + 35 * len(runs), 320),
            on_select=view_selected,
            selection_mode="single-row",
            key=TABLE,
        )
        if run_in_view and state.owns(run_in_view):
            _manage(run_in_view)


def _row(run: Run) -> dict[str, object]:
    return {
        "Name": run.name,
        "State": run.state.capitalize(),
        "Network": "-".join(map(str, run.spec.sizes)),
        "Dataset": run.spec.data_name,
        "Epochs": run.epoch,
        "Test accuracy": run.test_accuracy,
        "Started": datetime.fromtimestamp(run.created, UTC),
    }


def _manage(run: Run) -> None:
    name, keep, delete = st.columns([3, 2, 2], vertical_alignment="bottom")
    new_name = name.text_input("Name", run.name, max_chars=60, key=f"name {run.id}")
    if new_name != run.name:
        try:
            store().rename(run.id, new_name)
            st.rerun()
        except UserError as error:
            st.error(plain(str(error)))
    keep_all = keep.toggle(
        "Keep all snapshots",
        run.pinned,
        help="When the storage quota is reached, old runs lose some of their snapshots. Turn this "
        "on to keep all snapshots of this run.",
        key=f"keep {run.id}",
    )
    if keep_all != run.pinned:
        store().pin(run.id, keep_all)
    with delete.popover("Delete"):
        st.markdown("This permanently deletes the run and its snapshots.")
        st.button("Delete run", type="primary", on_click=_delete, args=(run.id,))


def _delete(run_id: str) -> None:
    store().delete(run_id)
    state.view(None)
