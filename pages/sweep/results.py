"""What a sweep came to: progress, charts, and the table of its configurations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from nn.errors import UserError
from nn.runs import sweep_results
from nn.runs.differences import differing_fields
from nn.runs.store.groups import Group, group
from nn.runs.store.run import Run
from nn.runs.sweep_runs import is_done, requeue, stop
from pages.common import charts, state
from pages.common.setting_text import FIELDS, in_common
from pages.common.text import note, plain
from pages.components.parallel_coordinates import parallel_coordinates
from pages.server.runs_api import Rejected, limit_active
from pages.server.shared_store import store
from pages.sweep import best, figures, table
from pages.sweep import state as sweep_state
from pages.sweep.launching import launch_queued
from pages.sweep.lines import axes_and_lines

CHARTS_IN_A_ROW = 3
MAX_MESSAGES = 5  # of runs that did not finish


def show(sweep_id: str, was_active: bool) -> None:
    """Everything about a sweep. was_active: whether a run of it was, when the page was drawn."""
    try:
        sweep = group(store(), sweep_id)  # which grows, if Optuna chooses its configurations
    except UserError:
        note("The runs of this sweep have been deleted.")
        return
    runs = list(reversed(store().runs(sweep.runs)))  # in the order of the sweep
    if was_active and not any(run.state.active for run in runs):
        st.rerun()  # nothing is left to follow
    _progress(sweep, runs)
    differing = differing_fields([run.spec for run in runs])
    note(plain(f"All runs: {in_common(runs[0].spec, differing)}"))
    finished = [run for run in runs if run.state == "finished"]
    if not finished:
        note("The results are shown here as soon as the first run has finished.")
        return
    fields = swept_fields(sweep, differing)
    last_epochs = store().last_epochs([run.id for run in finished])
    found = sweep_results.results(finished, last_epochs)
    best.show(sweep, found[0], fields)
    shown = with_pending(sweep, runs)
    if len(fields) > 1:
        _heat_map(shown, fields)
    if fields:
        _effects(shown, fields)
    _lines(found, [field for field in fields if field != "seed"])
    table.show(sweep, found, fields)


def swept_fields(sweep: Group, differing: Sequence[str]) -> list[str]:
    """Those of the fields in which the runs differ that the sweep gives values to."""
    recorded = sweep.options.get("fields")
    if not isinstance(recorded, list):
        return [field for field in differing if field != "seed"]
    return [field for field in differing if field in recorded]


def with_pending(sweep: Group, runs: Sequence[Run]) -> list[Run]:
    """The runs whose values the charts have a place for: all, so that nothing moves while they
    train, but those that Optuna has stopped. Only finished ones have an accuracy."""
    is_optuna = bool(sweep.options.get("optuna"))
    return [
        run if run.state == "finished" else replace(run, test_accuracy=None)
        for run in runs
        if run.state == "finished" or run.state.active or not is_optuna
    ]


def progress_text(runs: Sequence[Run]) -> str:
    """ "18 of 30 runs done · 2 in training · 10 queued"."""
    counts = Counter(str(run.state) for run in runs)
    parts = [f"{sum(map(is_done, runs))} of {len(runs)} runs done"]
    for name, words in (
        ("running", "in training"), ("paused", "paused"), ("queued", "queued"),
        ("stopped", "stopped"), ("interrupted", "interrupted"), ("failed", "failed"),
    ):  # fmt: skip
        if counts[name]:
            parts.append(f"{counts[name]} {words}")
    if counts["diverged"]:
        parts[0] += f", of which {counts['diverged']} diverged"
    return " · ".join(parts)


def _progress(sweep: Group, runs: Sequence[Run]) -> None:
    """How far the sweep is, Stop and Resume, and why runs have not finished."""
    done = sum(map(is_done, runs))
    active = [run for run in runs if run.state.active]
    st.progress(done / max(1, len(runs)), progress_text(runs))
    controlled = [run for run in runs if state.can_control(run)]
    resumable = [
        run for run in controlled if not is_done(run) and run.state not in ("queued", "running")
    ]
    is_optuna = bool(sweep.options.get("optuna"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if any(run.state.active for run in controlled) and st.button(
            "Stop", icon=":material/stop:"
        ):
            stop(store(), [run for run in controlled if run.state.active])
            st.rerun()
        if resumable and not is_optuna and st.button("Resume", icon=":material/play_arrow:"):
            try:
                yours = [run.id for run in resumable if state.owns(run)]
                limit_active(store(), state.visitor_id(), yours)
            except Rejected as error:
                st.error(plain(str(error)))
            else:
                requeue(store(), resumable)
                launch_queued()
                st.rerun()
        if is_optuna and done < len(runs) and not active:
            note(
                "Optuna has chosen these configurations, and stopped those that fell behind. The "
                "command that started the sweep goes on with it."
            )
    messages = [run for run in runs if run.message and run.state in ("failed", "diverged")]
    for run in messages[:MAX_MESSAGES]:
        note(f"{plain(run.name)}: {run.state}. {plain(run.message)}")
    if len(messages) > MAX_MESSAGES:
        note(f"{len(messages) - MAX_MESSAGES} more runs failed or diverged.")


def _heat_map(runs: Sequence[Run], fields: Sequence[str]) -> None:
    st.subheader("Heat map", anchor=False)
    columns_key, rows_key = sweep_state.COLUMN_FIELD, sweep_state.ROW_FIELD
    state.keep_valid(columns_key, fields, fields[0])
    others = [field for field in fields if field != state.value(columns_key)]
    state.keep_valid(rows_key, others, others[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            "Columns", fields, format_func=FIELDS.__getitem__, key=columns_key, width=220
        )
        row = st.selectbox("Rows", others, format_func=FIELDS.__getitem__, key=rows_key, width=220)
    found = sweep_results.heat_map(runs, column, row)
    figure = figures.heat_map(runs, found, column, row)
    charts.show(figure, "sweep heat map", figures.describe_heat_map(found, column, row))
    note(
        "Each cell is the median test accuracy of all finished runs with these two values. Look "
        "for a region of good cells rather than for the single best one, which may be chance; an "
        "empty cell has no finished run."
    )


def _effects(runs: Sequence[Run], fields: Sequence[str]) -> None:
    st.subheader("Effect of each setting", anchor=False)
    effects = {field: sweep_results.effect(runs, field) for field in fields}
    spreads = [spread for found in effects.values() for spread in found.values() if spread]
    ends = [end for spread in spreads for end in figures.bar_ends(spread)]
    within = (min(ends), max(ends)) if ends else (0.0, 1.0)
    for start in range(0, len(fields), CHARTS_IN_A_ROW):
        shown = fields[start : start + CHARTS_IN_A_ROW]
        for column, field in zip(st.columns(CHARTS_IN_A_ROW), shown, strict=False):
            with column:
                charts.show(
                    figures.effect(runs, effects[field], field, within),
                    f"sweep effect {field}",
                    figures.describe_effect(runs, effects[field], field),
                )
    note(
        "A dot is the median test accuracy of all finished runs with this value, and its bar their "
        "middle half (below four runs, from the lowest to the highest). A setting matters where "
        "the dots differ by more than the bars are long; all charts have one scale."
    )


def _lines(found: Sequence[sweep_results.Result], fields: Sequence[str]) -> None:
    axes, lines = axes_and_lines(found, fields)
    if not axes or not lines:
        return
    st.subheader("Parallel coordinates", anchor=False)
    parallel_coordinates(axes, lines)
    note(
        "Each line is a configuration; it crosses each axis at its value, and ends at its median "
        "test accuracy. The more accurate it is, the stronger its color. Keep only the top of the "
        "last axis: where those lines meet on another axis are the values that work."
    )
