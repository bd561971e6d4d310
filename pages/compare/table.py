"""The table of all runs, in which the compared ones are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from statistics import median_low
from typing import Any

import streamlit as st

from nn.runs.store.store import Run
from pages.common import run_columns, state
from pages.common.run_columns import Epoch
from pages.common.text import note
from pages.compare import state as compare_state
from pages.compare.state import COLUMNS, FILTER_VALUES, FILTERED, GROUPED, TEXT_FILTER
from pages.components import compare_table
from pages.components.compare_table import Column

DEFAULT_COLUMNS = (
    "Name", "State", "Test accuracy", "Best epoch", "Images per second", "Seconds of training",
    "Parameters", "Network", "Learning rate", "Optimizer",
)  # fmt: skip
NOTHING = "–"  # for a value that there is not
PERCENT = ("Median test accuracy", "Lowest test accuracy")  # of a group, beside run_columns.CONFIG

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
        _table(_groups(shown, grouped), compared, colors)
    else:
        rows_of_runs = [
            ([run_id], {name: row[name] for name in chosen}) for run_id, row in shown.items()
        ]
        _table(rows_of_runs, compared, colors)
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


def _groups(rows: Mapping[str, Row], column: str) -> list[tuple[list[str], Row]]:
    """A row for each value of the column, which stands for all runs that have it."""
    members: dict[str, list[str]] = {}
    for run_id, row in rows.items():
        members.setdefault(_as_text(row[column]), []).append(run_id)
    shown = []
    for ids in members.values():
        accuracies = [rows[i]["Test accuracy"] for i in ids]
        known: list[Any] = [accuracy for accuracy in accuracies if accuracy is not None]
        row = {
            column: rows[ids[0]][column],
            "Runs": len(ids),
            "Best test accuracy": max(known, default=None),
            "Median test accuracy": median_low(known) if known else None,
            "Lowest test accuracy": min(known, default=None),
        }
        shown.append((ids, row))
    return shown


def _table(
    rows: Sequence[tuple[Sequence[str], Row]], compared: Sequence[str], colors: Mapping[str, str]
) -> None:
    """rows: each with the ids of the runs that it stands for."""
    if not rows:
        note("No run matches the filter.")
        return
    compare_table.compare_table(
        [_column(name) for name in rows[0][1]],
        [compare_table.Row(ids, [_as_sent(value) for value in row.values()]) for ids, row in rows],
        compared,
        colors,
        compare_state.received(),
        compare_state.compare,
    )


def _column(name: str) -> Column:
    config: Any = run_columns.CONFIG.get(name, {})
    type_config = config.get("type_config") or {}
    format = "percent" if name in PERCENT else type_config.get("format") or ""
    return Column(name, format, config.get("help") or "")


def _as_sent(value: object) -> object:
    return 1000 * value.timestamp() if isinstance(value, datetime) else value
