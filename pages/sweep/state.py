"""The state of the Sweep page: the sweep in view, and what of it is shown."""

from __future__ import annotations

from collections.abc import Collection

from pages.common import state, url_state
from pages.common.url_state import SWEEP

NEW = "new"  # in place of a sweep's id: the settings for a new one
# Keys of widgets.
PICKED = "picked sweep"
COLUMN_FIELD, ROW_FIELD = "sweep heat map columns", "sweep heat map rows"
BEST_EPOCHS = "sweep best epochs"  # begins the key; the id of a sweep follows
TABLE = "sweep table"  # likewise
# The rest.
SELECTED = "selected configurations"  # each by the id of its first run
IN_VIEW = "sweep in view"


def choose_sweep(ids: Collection[str]) -> str:
    """The id of the sweep that is shown, which the URL names; else the one of before, which
    navigation has dropped from the URL; else the newest, which comes first in ``ids``. NEW: the
    settings for another one."""
    wanted = url_state.read(SWEEP) or str(state.value(IN_VIEW, ""))
    known = wanted == NEW or wanted in ids
    view_sweep(wanted if wanted and (known or url_state.has(SWEEP)) else next(iter(ids), NEW))
    return str(state.value(IN_VIEW))


def view_sweep(sweep_id: str) -> None:
    """Show a sweep; NEW: the settings for another one."""
    state.set_value(IN_VIEW, sweep_id)
    url_state.write(SWEEP, sweep_id)
