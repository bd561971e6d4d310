"""The state of the Train page: the chosen preset and the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nn.runs.presets import PRESETS, Preset
from pages.common import state
from pages.common.url_state import PRESET

LINK_PROBLEMS = "link problems"
DEFAULT_PRESET = next(iter(PRESETS))


def preset_name() -> str:
    return str(state.value(PRESET, DEFAULT_PRESET))


def preset() -> Preset:
    return PRESETS[preset_name()]


def settings(names: Iterable[str]) -> dict[str, Any]:
    """The values of the widgets, each under the name of its field of RunSpec."""
    return {name: state.value(name) for name in names}


def initialize(values: Mapping[str, Any]) -> None:
    """Give the widgets their first values; they keep what they hold."""
    for name, value in values.items():
        state.initialize(name, value)


def fill_in(values: Mapping[str, Any]) -> None:
    """Give the widgets new values: in a callback, or before they are drawn."""
    for name, value in values.items():
        state.set_value(name, value)


def group_key(title: str) -> str:
    """The key of the expander with a group of settings."""
    return f"settings: {title}"


def open_group(title: str) -> None:
    """Open a group of settings, before it is drawn; it stays open, also when there is no more
    reason."""
    state.set_value(group_key(title), True)


def link_problems() -> list[str]:
    """What the link that was opened says that cannot be; until a run is started."""
    return list(state.value(LINK_PROBLEMS, []))


def keep_link_problems(problems: list[str]) -> None:
    state.set_value(LINK_PROBLEMS, problems)
