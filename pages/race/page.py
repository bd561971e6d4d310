"""The Race page: two to four configurations train side by side, and one sees which leads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store.groups import Group, group
from nn.runs.store.run import Run
from pages.common import state
from pages.common.charts import PALETTE
from pages.common.setting_text import in_common
from pages.common.text import note, plain
from pages.common.url_state import RUNS
from pages.components.compare_curves import Line, compare_curves
from pages.components.race import Lane, race
from pages.components.weight_wall import initial_tiles
from pages.race import settings
from pages.race import state as race_state
from pages.race.settings import NAMES, Plan
from pages.server.shared_store import store


def find() -> Group | None:
    """The race in view; None, with a warning if the link names another: a new one is prepared."""
    group_id = race_state.race_in_view()
    if not group_id:
        return None
    try:
        found = group(store(), group_id)
    except UserError as error:
        st.warning(plain(str(error)))
        return None
    if found.kind != "race":
        st.warning(f"This group is a {found.kind}, not a race.")
        return None
    return found


def runs_of(found: Group) -> list[Run]:
    """Its members; those that cannot be opened are named and left out."""
    runs = []
    for run_id in found.runs:
        try:
            runs.append(store().run(run_id))
        except UserError as error:
            st.warning(plain(str(error)))
    return runs


def prepare(plan: Plan) -> None:
    """Show a race that has not started."""
    show(
        [
            Lane(None, lane.label, color, lane.spec.sizes[1], initial_tiles(lane.spec))
            for lane, color in zip(plan.lanes, PALETTE, strict=False)
        ],
        plan.varied,
        plan.lanes[0].spec,
        {
            "group": None,
            "is_free": False,
            "can_control": True,
            "started_by": "",
            "request": {
                "kind": "race",
                "members": [lane.fields for lane in plan.lanes],
                "options": plan.options,
            },
            "texts": settings.texts(),
            "choices": settings.choices(),
            "link": query(plan.options),
        },
    )


def watch(found: Group) -> None:
    """Show a race that has started, or is over."""
    runs, varied = runs_of(found), found.options.get("vary")
    if not runs:
        return
    show(
        [
            Lane(
                run.id,
                settings.label(run.spec, varied, run.name),
                color,
                run.spec.sizes[1],
                initial_tiles(run.spec) if not run.samples_seen else None,
            )
            for run, color in zip(runs, PALETTE, strict=False)
        ],
        str(varied),
        runs[0].spec,
        {
            "group": found.id,
            "is_free": bool(found.options.get("free")),
            "can_control": all(map(state.can_control, runs)),
            "started_by": "another visitor" if found.owner else "the command line",
            "request": None,
            "texts": {},
            "choices": {},
            "link": query(found.options),
        },
        found,
    )
    curves(runs, varied)


def curves(runs: Sequence[Run], varied: object) -> None:
    """Loss and accuracy of all lanes in one chart."""
    ranked = sorted((run for run in runs if run.test_accuracy), key=_accuracy, reverse=True)
    ranks = {run.id: rank for rank, run in enumerate(ranked, 1)}
    lines = []
    for run, color in zip(runs, PALETTE, strict=False):
        name = settings.label(run.spec, varied, run.name)
        alone = {"id": run.id, "name": name, "active": run.state.active}
        lines.append(Line(name, "", color, ranks.get(run.id, 0), [alone]))
    compare_curves(lines)
    if st.button("Compare these runs", icon=":material/compare:"):
        ids = ",".join(run.id for run in runs)
        st.switch_page("compare/page.py", query_params={RUNS: ids})


def _accuracy(run: Run) -> float:
    return run.test_accuracy or 0.0


def query(options: dict[str, object]) -> str:
    parameters = settings.link(options)
    return urlencode({name: value for name, value in parameters.items() if value is not None})


def again(found: Group | None) -> None:
    """Prepare another race, with the settings of this one."""
    if found:
        settings.fill_in(found.options)
    race_state.view_race("")


def show(
    lanes: list[Lane],
    varied: str,
    spec: RunSpec,
    options: dict[str, object],
    found: Group | None = None,
) -> None:
    common = "" if varied == "preset" else f"All lanes: {in_common(spec, (varied,))}"
    if common:
        note(plain(common))
    name = NAMES.get(varied, "Run")
    started = race(lanes, name, options, on_new=partial(again, found))
    if started and race_state.is_new(started):
        race_state.view_race(started)
        st.rerun()


st.title("Race", anchor=False)
found = find()
if found:
    watch(found)
else:
    note("Train two to four configurations on the same images, and see which one leads.")
    plan, problem = settings.choose()
    if plan:
        prepare(plan)
    else:
        st.error(plain(problem))
