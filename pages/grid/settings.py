"""What a new grid is made of. It lives in the URL, so that a link sets it up."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nn.errors import UserError
from nn.runs.presets import PRESETS
from pages.common import base_settings, state, url_state
from pages.common.base_settings import DEFAULT_EPOCHS, DEFAULT_PRESET
from pages.common.link_settings import settings_of
from pages.common.text import plain
from pages.common.url_state import PRESET
from pages.grid import plan
from pages.grid.plan import DEPTH, NAMES, SUGGESTED, WIDTH, Plan
from pages.grid.state import (
    BASE_EPOCHS,
    BASE_FIELDS,
    BASE_PRESET,
    COLUMN_VALUES,
    COLUMNS,
    PROBLEMS,
    ROW_VALUES,
    ROWS,
)

BASE = BASE_PRESET, BASE_EPOCHS, BASE_FIELDS
# The widgets of an axis, its parameters in the URL, and its setting unless the URL names one.
AXES = (
    (COLUMNS, COLUMN_VALUES, url_state.COLUMNS, url_state.COLUMN_VALUES, WIDTH),
    (ROWS, ROW_VALUES, url_state.ROWS, url_state.ROW_VALUES, DEPTH),
)
LABELS = {COLUMNS: "Columns", ROWS: "Rows"}


def choose() -> tuple[Plan | None, str]:
    """Draw the settings → the plan, or None and why it is not possible."""
    _read_link()
    for message in state.value(PROBLEMS):
        st.warning(plain(message))
    for column, axis in zip(st.columns(2), AXES, strict=True):
        with column, st.container(horizontal=True, vertical_alignment="bottom"):
            _choose_axis(*axis[:2])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        base_settings.choose(
            *BASE, help="The configuration of all cells, except for the two settings above."
        )
    _write_link()
    try:
        return plan.make(
            (state.value(COLUMNS), state.value(COLUMN_VALUES)),
            (state.value(ROWS), state.value(ROW_VALUES)),
            base_settings.chosen(*BASE),
        ), ""
    except UserError as error:
        return None, str(error)


def _choose_axis(setting: str, values: str) -> None:
    def suggest() -> None:
        state.fill_in({values: SUGGESTED[state.value(setting)]})

    st.selectbox(
        LABELS[setting],
        list(SUGGESTED),
        format_func=lambda name: NAMES[name],
        key=setting,
        persist_state="session",
        on_change=suggest,
    )
    st.text_input(
        f"Values of the {LABELS[setting].lower()}",
        key=values,
        persist_state="session",
        help="Separate them with commas.",
    )


def texts() -> dict[str, Any]:
    """What the fields in which one types hold, as far as the script knows, by their keys."""
    return {key: state.value(key) for key in (COLUMN_VALUES, ROW_VALUES, BASE_EPOCHS)}


def choices() -> dict[str, str]:
    """The labels of the chosen options, by the keys of their fields."""
    axes = {key: NAMES[state.value(key)] for key in (COLUMNS, ROWS)}
    return axes | {BASE_PRESET: PRESETS[state.value(BASE_PRESET)].title}


def fill_in(chosen: Plan) -> None:
    """Set everything as in a plan that has been started, to change it."""
    axes = {COLUMNS: chosen.columns, ROWS: chosen.rows}
    state.fill_in({key: axis.setting for key, axis in axes.items()})
    texts = {COLUMN_VALUES: chosen.columns, ROW_VALUES: chosen.rows}
    state.fill_in({key: ", ".join(map(str, axis.values)) for key, axis in texts.items()})
    state.fill_in({BASE_PRESET: DEFAULT_PRESET, BASE_EPOCHS: chosen.base["epochs"]})
    defaults = settings_of(DEFAULT_PRESET)
    state.fill_in(
        {
            BASE_FIELDS: {
                name: value
                for name, value in chosen.base.items()
                if value != defaults[name] and name not in ("epochs", "dataset")
            }
        }
    )


def _read_link() -> None:
    problems: list[str] = []
    first = base_settings.read_link(*BASE, problems) | {PROBLEMS: problems}
    for setting, values, parameter, values_parameter, default in AXES:
        chosen = url_state.read_option(parameter, SUGGESTED, default, problems)
        first |= {setting: chosen, values: url_state.read(values_parameter, SUGGESTED[chosen])}
    state.initialize_all(first)


def _write_link() -> None:
    """Put into the URL what differs from the defaults."""
    parameters: dict[str, object] = {
        PRESET: state.value(BASE_PRESET),
        "epochs": state.value(BASE_EPOCHS),
    }
    defaults: dict[str, object] = {PRESET: DEFAULT_PRESET, "epochs": DEFAULT_EPOCHS}
    for setting, values, parameter, values_parameter, default in AXES:
        parameters |= {parameter: state.value(setting), values_parameter: state.value(values)}
        defaults |= {parameter: default, values_parameter: SUGGESTED[state.value(setting)]}
    parameters |= state.value(BASE_FIELDS)
    url_state.write_all(
        {name: None if text == defaults.get(name) else text for name, text in parameters.items()}
    )
