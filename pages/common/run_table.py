"""The run table: open any run; rename, keep or delete your own."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from nn.errors import UserError
from nn.runs.store.store import Run
from pages.common import state
from pages.common.text import plain
from pages.server.shared_store import store

MOST = 200  # newest runs in the list


def runs(in_view: Run | None) -> None:
    """A list to choose the run in view from, and what can be done with that one."""
    found = store().runs()[:MOST]
    place = st.expander(f"Recorded runs ({len(found)})", key="recorded runs", on_change="rerun")
    if not place.open:  # a table takes the browser long to load
        return
    with place:
        if not found:
            st.caption("No runs yet. Runs from the command line appear here, too.")
            return
        chosen = st.dataframe(
            [
                {
                    "run": run.name,
                    "state": run.state,
                    "network": "-".join(map(str, run.spec.sizes)),
                    "data": run.spec.data_name,
                    "epochs": run.epoch,
                    "test accuracy": run.test_accuracy,
                    "started": datetime.fromtimestamp(run.created, UTC),
                }
                for run in found
            ],
            column_config={
                "test accuracy": st.column_config.NumberColumn(format="percent"),
                "started": st.column_config.DatetimeColumn(format="distance"),
            },
            hide_index=True,
            height=min(38 + 35 * len(found), 320),
            on_select="rerun",
            selection_mode="single-row",
            key=state.HISTORY,
        )
        rows = chosen.selection.rows
        if rows and rows[0] < len(found) and state.newly_chosen(found[rows[0]].id):
            state.view(found[rows[0]])
            st.rerun()
        if in_view and state.owns(in_view):
            _care_for(in_view)


def _care_for(run: Run) -> None:
    name, keep, delete = st.columns([3, 2, 2], vertical_alignment="bottom")
    new = name.text_input("Name", run.name, max_chars=60, key=f"name {run.id}")
    if new != run.name:
        try:
            store().rename(run.id, new)
            st.rerun()
        except UserError as error:
            st.error(plain(str(error)))
    kept = keep.toggle(
        "Keep all snapshots",
        run.pinned,
        help="When the storage quota is reached, old runs lose snapshots, unless this is on.",
        key=f"keep {run.id}",
    )
    if kept != run.pinned:
        store().pin(run.id, kept)
    with delete.popover("Delete"):
        st.markdown("This permanently deletes the run and its snapshots.")
        if st.button("Delete run", type="primary"):
            store().delete(run.id)
            state.view(None)
            st.rerun()
