"""The state of the Sweep page: the sweep in view, and what of it is shown."""

from __future__ import annotations

from collections.abc import Collection

from nn.errors import UserError
from pages.common import state, url_state
from pages.common.url_state import SWEEP
from pages.server import runs_api
from pages.server.shared_store import store

NEW = "new"  # in place of a sweep's id: the settings for a new one
# Keys of widgets.
PICKED = "picked sweep"
COLUMN_FIELD, ROW_FIELD = "sweep heat map columns", "sweep heat map rows"
BEST_EPOCHS = "sweep best epochs"  # begins the key; the id of a sweep follows
TABLE = "sweep table"  # likewise
FIELD, VALUES = "sweep_field", "sweep_values"  # begin the keys of a row; its number follows
SEEDS, DRAWS, NAME = "sweep_seeds", "sweep_draws", "sweep_name"
BASE_PRESET, BASE_EPOCHS = "sweep_preset", "sweep_epochs"
# The rest.
SELECTED = "selected configurations"  # each by the id of its first run
IN_VIEW = "sweep in view"
ROWS = "sweep rows"  # their numbers
BASE_FIELDS = "sweep base"  # settings that a link changes for all configurations
PROBLEMS = "sweep link problems"
DRAFT = "sweep draft"  # a key of the sweep that is being set up: it is started once


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


def visitor_who_starts(started: str = "") -> str:
    """The id of the visitor, for a run that begins now. Raises UserError without a cookie, and as
    runs_api.limit_active, whose arguments the visitor and ``started`` are."""
    visitor = state.visitor_id()
    if not visitor:
        raise UserError(runs_api.NO_COOKIE)
    runs_api.limit_active(store(), visitor, started)
    return visitor
