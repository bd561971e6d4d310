"""The table of runs in which the compared ones are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from pages.components.register import component

KEY = "compare_table"

_show = component("compare_table")


class Column(NamedTuple):
    name: str
    format: str  # as those of st.column_config
    help: str


class Row(NamedTuple):
    runs: Sequence[str]  # ids of those that it stands for
    values: Sequence[object]  # texts, numbers (times in milliseconds), truth values, None


def compare_table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    compared: Sequence[str],
    colors: Mapping[str, str],
    received: str,
    on_check: Callable[[list[str], str], object],
) -> None:
    """``on_check`` is called with the ids of all runs that are to be compared, and the id of this
    change; ``received`` is the id of the last one: the table shows its own state until then."""
    data = {
        "columns": [column._asdict() for column in columns],
        "rows": [row._asdict() for row in rows],
        "compared": compared,
        "colors": colors,
        "received": received,
    }

    def take() -> None:
        checked = st.session_state[KEY].checked
        on_check(list(checked["runs"]), checked["id"])

    _show(key=KEY, data=data, on_checked_change=take)
