"""How the compared runs are called where each is shown by itself: color, name, and differences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from nn.runs.differences import differing_fields
from nn.runs.store.store import Run
from pages.common.setting_text import FIELDS, text_of

MAX_SETTINGS = 3  # of one run, beside its seed


def settings_of(runs: Sequence[Run]) -> dict[str, str]:
    """Run → its values of the settings in which these runs differ, as plain text."""
    differing = differing_fields([run.spec for run in runs])
    fields = [field for field in differing if field != "seed"][:MAX_SETTINGS]
    fields += [field for field in differing if field == "seed"]
    return {
        run.id: " · ".join(f"{FIELDS[field]} {text_of(run.spec, field)}" for field in fields)
        for run in runs
    }


def heading(name: str, color: str, below: str) -> None:
    """A run's color, or "", and its name, and a line below them; all as plain text."""
    swatch = f'<span aria-hidden="true" style="color: {color}">●</span> ' if color else ""
    st.html(f"{swatch}<b>{escape(name)}</b><br><small>{escape(below) or '&nbsp;'}</small>")
