"""The configuration of the run in view: what differs from the nearest preset, and all of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from nn.runs import presets
from nn.runs.spec import RunSpec
from pages.common.text import note, plain
from pages.train.settings import LABELS, SETTINGS

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
    parts = [f"{_label(field)} {_text(spec, field)}" for field in changed]
    note(f"**{plain(name)}**" + (": " + plain(" · ".join(parts)) if parts else ""))
    with st.popover("All settings of this run", type="tertiary"):
        rows = [
            {"Setting": _label(field), "Value": plain(_text(spec, field))} for field in asdict(spec)
        ]
        st.table(rows, border="horizontal", hide_index=True)


def _label(field: str) -> str:
    return SETTINGS[field].label if field in SETTINGS else field.replace("_", " ").capitalize()


def _text(spec: RunSpec, field: str) -> str:
    value: Any = getattr(spec, field)
    if field == "dataset":
        return spec.data_name  # without the folder, which is private
    if field == "extra_data":
        return "yes" if value else "none"
    if field == "init_from":
        return value or "random weights"
    if field == "hidden":
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return LABELS.get(value, str(value)) if isinstance(value, str) else str(value)
