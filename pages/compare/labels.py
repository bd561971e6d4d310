"""How the compared runs are called where each is shown by itself: color, name, and differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nn.runs.differences import differing_fields
from nn.runs.store.store import Run
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import plain

MAX_SETTINGS = 3  # of one run


def settings_of(runs: Sequence[Run]) -> dict[str, str]:
    """Run → its values of the settings in which these runs differ, as plain text."""
    fields = differing_fields([run.spec for run in runs])
    return {
        run.id: " · ".join(
            f"{FIELDS[field]} {text_of(run.spec, field)}" for field in fields[:MAX_SETTINGS]
        )
        for run in runs
    }


def heading(run: Run, colors: Mapping[str, str], settings: Mapping[str, str]) -> None:
    """A run's color and name, and below them its settings."""
    dot = f'<span style="color: {colors[run.id]}">●</span>'
    below = f"<br><small>{plain(settings[run.id])}</small>" if settings[run.id] else ""
    st.html(f"{dot} <b>{plain(run.name)}</b>{below}")
