"""The table of a sweep's configurations, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from nn.network import parameter_count
from nn.runs.store.groups import Group
from nn.runs.sweep_results import Result
from pages.common import state
from pages.common.glossary import term
from pages.common.numbers import is_number
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import note
from pages.common.url_state import RUNS
from pages.sweep.state import SELECTED, TABLE

MAX_HEIGHT = 420  # in pixels
CONFIG = {
    name: st.column_config.NumberColumn(format="percent")
    for name in ("Median accuracy", "Lowest", "Highest")
} | {
    "Best epoch": st.column_config.NumberColumn(help=term("epoch")),
    "Seconds of training": st.column_config.NumberColumn(format="%.1f"),
    "Parameters": st.column_config.NumberColumn(format="localized"),
}


def rows(found: Sequence[Result], fields: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each configuration: its values, and its results."""
    return [
        {FIELDS[field]: _value(result, field) for field in fields if field != "seed"}
        | {
            "Median accuracy": result.accuracy and result.accuracy.median,
            "Lowest": result.accuracy and result.accuracy.lowest,
            "Highest": result.accuracy and result.accuracy.highest,
            "Seeds": len(result.runs),
            "Best epoch": result.best_epoch,
            "Seconds of training": result.seconds,
            "Parameters": parameter_count(result.runs[0].spec.sizes),
        }
        for result in found
    ]


def show(sweep: Group, found: Sequence[Result], fields: Sequence[str]) -> None:
    """The table, in which configurations are checked to compare their runs."""
    st.subheader("Configurations", anchor=False)
    # A selection is of row numbers: of another order, it is another table.
    firsts = [result.runs[0].id for result in found]
    key = f"{TABLE} {sweep.id} {hash(tuple(firsts))}"
    checked = state.value(SELECTED, ())

    def take() -> None:
        chosen = state.value(key)["selection"]["rows"]
        state.set_value(SELECTED, [firsts[row] for row in chosen])

    st.dataframe(
        rows(found, fields),
        column_config=CONFIG,
        hide_index=True,
        height=min(38 + 35 * len(found), MAX_HEIGHT),
        on_select=take,
        selection_mode="multi-row",
        selection_default={
            "selection": {
                "rows": [row for row, first in enumerate(firsts) if first in checked],
                "columns": [],
                "cells": [],
            }
        },
        placeholder="–",
        key=key,
    )
    selected = [result for result in found if result.runs[0].id in checked]
    if not selected:
        note(
            "Accuracy is on the test set, after each run's last epoch; lowest and highest are over "
            "the seeds. If they overlap, more seeds may change the order. Check configurations to "
            "compare their runs."
        )
        return
    ids = [run.id for result in selected for run in result.runs]
    label = "Compare 1 run" if len(ids) == 1 else f"Compare {len(ids)} runs"
    if st.button(label, icon=":material/compare:"):
        st.switch_page("compare/page.py", query_params={RUNS: ",".join(ids)})


def _value(result: Result, field: str) -> object:
    """Numbers as such, so that the table sorts them."""
    spec = result.runs[0].spec
    value = getattr(spec, field)
    return value if is_number(value) else text_of(spec, field)
