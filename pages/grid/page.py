"""The Grid page: many small networks that differ in two settings, side by side."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from nn.errors import UserError
from nn.network import parameter_count
from nn.runs.spec import RunSpec
from nn.runs.store.groups import Group, group
from nn.runs.store.store import Run
from pages.common import state
from pages.common.setting_text import in_common
from pages.common.text import note, plain
from pages.common.url_state import RUN
from pages.components.run_grid import Axis, Cell, run_grid
from pages.grid import plan, settings
from pages.grid import state as grid_state
from pages.grid.plan import Plan
from pages.server.shared_store import store


def find() -> tuple[Group | None, Plan | None, str]:
    """→ the group in view and its plan, or why it cannot be shown."""
    group_id = grid_state.group_in_view()
    if not group_id:
        return None, None, ""
    try:
        found = group(store(), group_id)
        return found, plan.from_options(found.options), ""
    except UserError as error:
        return None, None, str(error)


def runs_of(shown: Group, specs: list[RunSpec]) -> list[Run | None]:
    """The run of each cell; None: it has been deleted."""
    present = store().present(shown.runs).values()
    by_spec = {run.spec: run for run, _ in present if isinstance(run, Run)}
    return [by_spec.get(spec) for spec in specs]


def summary(chosen: Plan, spec: RunSpec) -> str:
    """What all cells have in common."""
    axes = {chosen.columns.setting, chosen.rows.setting}
    return in_common(spec, axes | {"hidden"} if axes & {plan.WIDTH, plan.DEPTH} else axes)


def change(chosen: Plan) -> None:
    """Back to the settings, to start another grid."""
    settings.fill_in(chosen)
    grid_state.view_group("")


st.title("Grid", anchor=False)
shown, chosen, problem = find()
if problem:
    st.warning(plain(problem))
if not chosen:
    note(
        "Train a small network for each combination of two settings, and compare what they learn. "
        "Each cell is a run of its own."
    )
    chosen, problem = settings.choose()
if chosen:
    specs = chosen.specs()
    runs = runs_of(shown, specs) if shown else [None for _ in specs]
    note(f"All cells: {plain(summary(chosen, specs[0]))}")
    started, opened = run_grid(
        Axis(chosen.columns.name, chosen.columns.labels),
        Axis(chosen.rows.name, chosen.rows.labels),
        [
            Cell(run.id if run else None, parameter_count(spec.sizes))
            for run, spec in zip(runs, specs, strict=True)
        ],
        {
            "group": shown and shown.id,
            "age": time.time() - shown.created if shown else 0,
            "can_control": any(run and state.can_control(run) for run in runs),
            "request": {"kind": "grid", "members": chosen.members(), "options": chosen.options()},
            "texts": {} if shown else settings.texts(),
            "choices": {} if shown else settings.choices(),
        },
        on_new=partial(change, chosen),
    )
    if started and grid_state.is_new(started):
        grid_state.view_group(started)
        st.rerun()
    if opened:
        st.switch_page("train/page.py", query_params={RUN: opened})
elif problem:
    st.error(plain(problem))
