"""The cells of a grid: weights of some neurons, or the accuracy, of many runs, live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from pages.common.setting_text import FIELDS
from pages.components.register import component

KEY = "run_grid"

_show = component("run_grid")


class Axis(NamedTuple):
    name: str
    labels: Sequence[str]  # of the values


class Cell(NamedTuple):
    run: str | None  # None: not started, or deleted
    parameters: int  # of the network


def run_grid(
    columns: Axis,
    rows: Axis,
    cells: Sequence[Cell],
    options: Mapping[str, Any],
    on_new: Callable[[], object],
) -> tuple[str | None, str | None]:
    """→ the group that was started last, if one was, and the run that has just been opened.

    cells: row by row. options: "group" (its id; None: not started), "age" (seconds since it
    started), "can_control" (whether the visitor may stop its runs), "problem" (why it cannot be
    started, or ""), "request" (what POST /groups takes to start it, see pages.server.wire),
    "texts" and "choices" (what the fields of the settings hold as far as the script knows, by
    their keys). ``on_new`` is called when the visitor wants to change the settings of a grid that
    has been started.
    """
    value = _show(
        key=KEY,
        data={
            "columns": columns._asdict(),
            "rows": rows._asdict(),
            "cells": [cell._asdict() for cell in cells],
            "labels": FIELDS,
            **options,
        },
        on_started_change=lambda: None,
        on_opened_change=lambda: None,
        on_new_change=lambda: st.session_state[KEY].new and on_new(),
    )
    return value.started, value.opened
