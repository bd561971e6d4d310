"""The state of the Sweep page: the sweep in view, and what of it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from nn.runs.store.groups import Group
from pages.common import state, url_state
from pages.common.url_state import SWEEP

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


def choose_sweep(sweeps: Mapping[str, Group]) -> str:
    """The id of the sweep that is shown, which the URL names; else the one of before, which
    navigation has dropped from the URL; else the newest of the visitor or the command line. NEW:
    the settings for another one.

    sweeps: by id, the newest first.
    """
    wanted = url_state.read(SWEEP) or str(state.value(IN_VIEW, ""))
    known = wanted == NEW or wanted in sweeps
    if not wanted or not (known or url_state.has(SWEEP)):
        owners = ("", state.visitor_id())
        wanted = next((id for id, sweep in sweeps.items() if sweep.owner in owners), NEW)
    view_sweep(wanted)
    return wanted


def view_sweep(sweep_id: str) -> None:
    """Show a sweep; NEW: the settings for another one."""
    state.set_value(IN_VIEW, sweep_id)
    url_state.write(SWEEP, sweep_id)
