"""Settings as links and text fields have them, for the pages that start several runs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nn.data import mnist, sources
from nn.errors import UserError
from nn.runs.presets import PRESETS
from pages.common import url_state
from pages.server import runs_api


def settings_of(preset: str) -> dict[str, Any]:
    """All that a visitor may choose, as in the preset, as pages.server.runs_api takes it."""
    spec = PRESETS[preset].spec
    fields = {name: getattr(spec, name) for name in runs_api.DEFAULTS}
    return fields | {
        "hidden": ", ".join(map(str, spec.hidden)),
        "dataset": sources.default_dataset(),
    }


def value_of(field: str, text: str) -> Any:
    """A value of a field as pages.server.runs_api takes it; a text that is none, unchanged. The
    widths of hidden layers are separated by commas or spaces."""
    if field == "hidden":
        return "" if text == "none" else ", ".join(text.replace(",", " ").split())
    default = runs_api.DEFAULTS[field]
    if isinstance(default, bool) or not isinstance(default, int | float):
        return text
    try:
        return type(default)(text)
    except ValueError:
        return text


def read_settings(problems: list[str], skip: Collection[str] = ()) -> dict[str, Any]:
    """The settings that the URL names, and in ``problems`` a sentence for each that is not
    possible."""
    fields: dict[str, Any] = {}
    for name in runs_api.DEFAULTS:
        if name in skip or not url_state.has(name):
            continue
        text = url_state.read(name)
        try:
            value = value_of(name, text)
            runs_api.spec_of({name: value})
            if name != "dataset" or value == "strokes" or mnist.find():
                fields[name] = value
        except UserError:
            problems.append(f"In the link, {name}={text[:40]} is not possible and is left out.")
    return fields
