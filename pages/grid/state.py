"""The state of the Grid page: the plan being made, and the group in view."""

from __future__ import annotations

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
    return state.is_new(LAST_STARTED, started)
