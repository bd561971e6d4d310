"""The state of the Sweep page: the sweep being prepared, and the sweep in view."""

from __future__ import annotations

from pages.common import state, url_state
from pages.common.url_state import SWEEP

# Keys of widgets. Those of a row end with its number.
FIELD, TEXT = "sweep_field ", "sweep_values "
BASE_PRESET, BASE_EPOCHS = "sweep_preset", "sweep_epochs"
SEEDS, DRAWS, NAME = "sweep_seeds", "sweep_draws", "sweep_name"
PICKED, COLUMN, ROW = "sweep_picked", "sweep_columns", "sweep_rows"
MORE_EPOCHS, CHECKED = "sweep_more_epochs", "sweep table"
# The rest.
ROWS_SHOWN = "sweep rows shown"  # their numbers
IN_VIEW = "sweep in view"


def sweep_in_view() -> str:
    """The id of the sweep that the URL names, or of the last one shown here; "": none yet."""
    if url_state.has(SWEEP):
        state.set_value(IN_VIEW, url_state.read(SWEEP))
    elif state.value(IN_VIEW):
        url_state.write(SWEEP, state.value(IN_VIEW))
    return str(state.value(IN_VIEW, ""))


def view_sweep(group_id: str) -> None:
    """Show a sweep; "": the visitor's newest one."""
    state.set_value(IN_VIEW, group_id)
    url_state.write(SWEEP, group_id or None)


def add_row(field: str, values: str) -> None:
    """Ask for the values of one more field."""
    rows = list(state.value(ROWS_SHOWN, []))
    number = max(rows, default=-1) + 1
    state.fill_in(
        {ROWS_SHOWN: [*rows, number], f"{FIELD}{number}": field, f"{TEXT}{number}": values}
    )


def remove_row(number: int) -> None:
    state.set_value(ROWS_SHOWN, [row for row in state.value(ROWS_SHOWN, []) if row != number])
