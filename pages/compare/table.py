"""The table of all runs, in which the compared ones are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median_low
from typing import Any

import streamlit as st

from nn.runs.store.store import Run
from pages.common import run_columns, state
from pages.common.run_columns import Epoch
from pages.common.text import note
from pages.compare import state as compare_state
from pages.compare.colors import swatch
from pages.compare.state import (
    COLUMNS,
    FILTER_VALUES,
    FILTERED,
    GROUPED,
    TABLE,
    TEXT_FILTER,
)

DEFAULT_COLUMNS = (
    "Name", "State", "Test accuracy", "Best epoch", "Images per second", "Seconds of training",
    "Parameters", "Network", "Learning rate", "Optimizer",
)  # fmt: skip
COLOR = " "  # the heading of the column with the colors
NOTHING = "–"  # for a value that there is not
MAX_HEIGHT = 320  # pixels

Row = dict[str, object]  # column → value


def show(
    runs: Sequence[Run],
    epochs: Mapping[str, Epoch],
    compared: Sequence[str],
    colors: Mapping[str, str],
) -> None:
    """All runs, to check those that are compared. epochs: the last ones, as RunStore.last_epochs;
    colors: of the compared runs."""
    columns = run_columns.columns()
    rows = {run.id: _row(run, epochs.get(run.id, {}), columns) for run in runs}
    shown = _filtered(rows, columns)
    state.initialize(COLUMNS, list(DEFAULT_COLUMNS))
    chosen = [name for name in columns if name in state.value(COLUMNS)] or ["Name"]
    grouped = state.value(GROUPED)
    if grouped in columns:
        _groups(shown, grouped, compared)
    else:
        _runs(shown, chosen, compared, colors)
    with st.container(horizontal=True, vertical_alignment="center"):
        if grouped not in columns:
            with st.popover("Columns", icon=":material/view_column:"):
                st.multiselect(
                    "Columns of the table", list(columns), key=COLUMNS, persist_state="session"
                )
        if compared:
            clear = partial(compare_state.compare, ())
            st.button("Compare none", icon=":material/deselect:", on_click=clear)
        count = f"{len(shown):,} of {len(rows):,}" if len(shown) < len(rows) else f"{len(rows):,}"
        note(f"{count} runs; {len(compared):,} compared. Check runs to compare them.")


def _row(run: Run, epoch: Epoch, columns: Mapping[str, Callable[[Run, Epoch], object]]) -> Row:
    return {name: of(run, epoch) for name, of in columns.items()}


def _filtered(rows: Mapping[str, Row], columns: Mapping[str, Any]) -> dict[str, Row]:
    """Ask what to show of the runs → those rows."""
    grouped, text, by, values = st.columns(4)
    state.keep_valid(GROUPED, [None, *columns], None)
    grouped.selectbox(
        "Group by", list(columns), index=None, placeholder="Nothing", key=GROUPED,
        persist_state="session",
    )  # fmt: skip
    words = text.text_input(
        "Filter", key=TEXT_FILTER, placeholder="Name, state or setting", persist_state="session"
    )
    varying = [name for name in columns if len({_as_text(row[name]) for row in rows.values()}) > 1]
    state.keep_valid(FILTERED, [None, *varying], None)
    field = by.selectbox(
        "Filter by", varying, index=None, placeholder="Any column", key=FILTERED,
        persist_state="session",
    )  # fmt: skip
    options = sorted({_as_text(row[field]) for row in rows.values()}) if field else []
    kept = [value for value in state.value(FILTER_VALUES, ()) if value in options]
    state.set_value(FILTER_VALUES, kept)
    wanted = field and values.multiselect(
        "Values", options, placeholder="All", key=FILTER_VALUES, persist_state="session"
    )
    return {
        run_id: row
        for run_id, row in rows.items()
        if _has(row, words.lower().split())
        and not (field and wanted and _as_text(row[field]) not in wanted)
    }


def _has(row: Row, words: Sequence[str]) -> bool:
    """Whether each word is in one of the row's texts."""
    if not words:
        return True
    texts = [_as_text(value).lower() for value in row.values() if not isinstance(value, float)]
    return all(any(word in text for text in texts) for word in words)


def _as_text(value: object) -> str:
    if value is None:
        return NOTHING
    return f"{value:g}" if isinstance(value, float) else str(value)


def _runs(
    rows: Mapping[str, Row],
    chosen: Sequence[str],
    compared: Sequence[str],
    colors: Mapping[str, str],
) -> None:
    shown = [
        {COLOR: swatch(colors.get(run_id, ""))} | {name: row[name] for name in chosen}
        for run_id, row in rows.items()
    ]
    config = {COLOR: st.column_config.ImageColumn(width=40, pinned=True)}
    _table(shown, config, [[run_id] for run_id in rows], compared)


def _groups(rows: Mapping[str, Row], column: str, compared: Sequence[str]) -> None:
    """A row for each value of the column, which stands for all runs that have it."""
    members: dict[str, list[str]] = {}
    for run_id, row in rows.items():
        members.setdefault(_as_text(row[column]), []).append(run_id)
    shown = []
    for ids in members.values():
        accuracies = [rows[i]["Test accuracy"] for i in ids]
        known: list[Any] = [accuracy for accuracy in accuracies if accuracy is not None]
        shown.append(
            {
                column: rows[ids[0]][column],
                "Runs": len(ids),
                "Best test accuracy": max(known, default=None),
                "Median test accuracy": median_low(known) if known else None,
                "Lowest test accuracy": min(known, default=None),
            }
        )
    percent = st.column_config.NumberColumn(format="percent")
    config = {name: percent for name in ("Median test accuracy", "Lowest test accuracy")}
    _table(shown, config, list(members.values()), compared)


def _table(
    rows: Sequence[Row],
    config: Mapping[str, Any],
    ids: Sequence[Sequence[str]],
    compared: Sequence[str],
) -> None:
    """ids: of the runs that each row stands for."""
    # A selection is of row numbers: with other rows it is another table, see run_table.
    key = f"{TABLE} {compare_state.revision()} {hash(tuple(map(tuple, ids)))}"
    picked = set(compared)
    selected = [i for i, members in enumerate(ids) if picked.issuperset(members)]
    if not rows:
        note("No run matches the filter.")
        return
    st.dataframe(
        rows,
        column_config={**run_columns.CONFIG, **config},
        hide_index=True,
        height=min(38 + 35 * len(rows), MAX_HEIGHT),
        on_select=partial(_take_selection, key, ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": selected, "columns": [], "cells": []}},
        placeholder=NOTHING,
        key=key,
    )


def _take_selection(key: str, ids: Sequence[Sequence[str]]) -> None:
    """Compare the runs whose rows are checked; those that the table does not show stay."""
    rows = state.value(key)["selection"]["rows"]
    shown = {run_id for members in ids for run_id in members}
    picked = [run_id for row in sorted(rows) for run_id in ids[row]]
    before = compare_state.compared()
    kept = [run_id for run_id in before if run_id not in shown or run_id in picked]
    compare_state.take([*kept, *picked])
