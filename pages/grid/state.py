"""The state of the Grid page: the plan being made, and the group in view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.common import state, url_state
from pages.common.url_state import GROUP

# Keys of widgets; the browser finds their fields by them.
COLUMNS, COLUMN_VALUES = "grid_columns", "grid_column_values"
ROWS, ROW_VALUES = "grid_rows", "grid_row_values"
BASE_PRESET, BASE_EPOCHS = "grid_preset", "grid_epochs"
# The rest.
BASE_FIELDS = "grid base"  # settings that a link changes for all cells
PROBLEMS = "grid link problems"
LAST_STARTED = "last started group"
IN_VIEW = "grid in view"  # the group shown


def initialize(values: Mapping[str, Any]) -> None:
    """Give the widgets their first values; they keep what they hold."""
    for key, value in values.items():
        state.initialize(key, value)


def fill_in(values: Mapping[str, Any]) -> None:
    """Give the widgets new values: in a callback, or before they are drawn."""
    for key, value in values.items():
        state.set_value(key, value)


def value(key: str) -> Any:
    return state.value(key)


def group_in_view() -> str:
    """The id of the group that is shown; "": the plan of a new one. The URL names it, and has it
    again after another page."""
    view_group(url_state.read(GROUP) or str(state.value(IN_VIEW, "")))
    return str(state.value(IN_VIEW))


def view_group(group_id: str) -> None:
    """Show a group; "": the plan of a new one."""
    state.set_value(IN_VIEW, group_id)
    url_state.write(GROUP, group_id or None)


def is_new(started: str) -> bool:
    """Whether this group was started just now; its id arrives with every run of the script."""
    before = state.value(LAST_STARTED)
    state.set_value(LAST_STARTED, started)
    return bool(started != before)
