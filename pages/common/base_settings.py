"""What all runs of a sweep, a grid or a race have in common: a preset, a number of epochs, and the
settings that a link changes.

preset, epochs, fields: under which keys the page keeps them; epochs may be "": the preset's.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from nn.runs.presets import PRESETS
from nn.runs.spec import LIMITS
from pages.common import state, url_state
from pages.common.glossary import term
from pages.common.link_settings import read_settings, settings_of
from pages.common.setting_text import FIELDS
from pages.common.url_state import PRESET

DEFAULT_PRESET, DEFAULT_EPOCHS = next(iter(PRESETS)), 2


def read_link(preset: str, epochs: str, fields: str, problems: list[str]) -> dict[str, Any]:
    """What the URL says, by key, or the defaults; in ``problems``, a sentence for each that is not
    possible."""
    found: dict[str, Any] = {
        preset: url_state.read_option(PRESET, PRESETS, DEFAULT_PRESET, problems)
    }
    if epochs:
        low, high = map(int, LIMITS["epochs"])
        found[epochs] = url_state.read_number("epochs", low, high, DEFAULT_EPOCHS, problems)
    return found | {fields: read_settings(problems, skip=("epochs",) if epochs else ())}


def choose(preset: str, epochs: str, fields: str, help: str) -> None:
    """Draw the fields for the preset and the epochs. help: of the preset."""
    st.selectbox(
        "Preset",
        list(PRESETS),
        format_func=lambda name: PRESETS[name].title,
        key=preset,
        persist_state="session",
        on_change=lambda: state.fill_in({fields: {}}),  # another preset is meant as it is
        help=help,
        width=240,
    )
    if epochs:
        low, high = map(int, LIMITS["epochs"])
        st.number_input(
            FIELDS["epochs"], low, high, key=epochs, persist_state="session", help=term("epoch"),
            width=140,
        )  # fmt: skip


def chosen(preset: str, epochs: str, fields: str) -> dict[str, Any]:
    """The settings as pages.server.runs_api takes them."""
    base = settings_of(state.value(preset))
    if epochs:
        base["epochs"] = state.value(epochs)
    return {**base, **state.value(fields)}
