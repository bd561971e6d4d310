"""The configuration of the run in view: what differs from the nearest preset, and all of it."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from nn.runs import presets
from nn.runs.spec import RunSpec
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import note, plain

IGNORED = ("seed", "dataset")  # another seed or dataset does not make another preset


def show(spec: RunSpec) -> None:
    """One line, with all settings one click away."""
    preset = presets.nearest(spec)
    changed = {
        field: value
        for field, value in asdict(spec).items()
        if value != getattr(preset.spec, field) and field not in IGNORED
    }
    name = f"{preset.title} (modified)" if changed else preset.title
    parts = [f"{FIELDS[field]} {text_of(spec, field)}" for field in changed]
    note(f"**{plain(name)}**" + (": " + plain(" · ".join(parts)) if parts else ""))
    with st.popover("All settings", type="tertiary"):
        rows = [
            {"Setting": FIELDS[field], "Value": plain(text_of(spec, field))}
            for field in asdict(spec)
        ]
        st.table(rows, border="horizontal", hide_index=True)
