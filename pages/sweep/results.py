"""The results of a sweep, live while it trains."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import streamlit as st

from nn.errors import UserError
from nn.network import parameter_count
from nn.runs.spec import LIMITS
from nn.runs.store.groups import Group
from nn.runs.store.run import Run, State
from nn.runs.sweep_results import Result
from nn.runs.sweep_results import results as results_of
from nn.runs.worker import process
from pages.common import charts, state
from pages.common.numbers import percent
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import note, plain
from pages.common.url_state import RUN, RUNS
from pages.components.parallel_coordinates import parallel_coordinates
from pages.server.shared_store import store
from pages.sweep import charts as sweep_charts
from pages.sweep.lines import axes_and_lines
from pages.sweep.state import CHECKED, COLUMN, MORE_EPOCHS, ROW

INTERVAL = 2  # seconds between two looks while runs train
TIMES_LONGER = 5  # epochs of the best configuration, trained longer


def show(group: Group) -> None:
    is_active = any(run.state.active for run in store().runs(group.runs))
    st.fragment(_show, run_every=INTERVAL if is_active else None)(group, is_active)


def _show(group: Group, was_active: bool) -> None:
    runs = store().runs(group.runs)[::-1]
    if any(run.state.active for run in runs) != was_active:
        st.rerun()
    fields = [field for field in group.options.get("fields", []) if field in FIELDS]
    progress(runs)
    finished = [run for run in runs if run.state is State.FINISHED]
    if not finished:
        note("The results appear here when the first run has finished.")
        return
    found = results_of(finished, store().last_epochs([run.id for run in finished]))
    best(found[0], fields)
    if len(fields) > 1:
        heat_map(runs, finished, fields)
    effect_plots(finished, fields)
    all_settings(found, fields)
    table(found, fields)


def all_settings(found: Sequence[Result], fields: Sequence[str]) -> None:
    """The configurations as parallel coordinates."""
    axes, lines = axes_and_lines(found, fields)
    if not axes or not lines:
        return
    st.subheader("All settings together", anchor=False)
    parallel_coordinates(axes, lines)
    note(
        "Each line is a configuration; it crosses each axis at its value, and ends at its median "
        "test accuracy. The more accurate it is, the stronger its color. Drag along the last axis "
        "to keep only its top: where those lines meet on another axis are the values that work."
    )


def progress(runs: Sequence[Run]) -> None:
    """How many runs are done, and the buttons that stop and resume them."""
    done = sum(run.state in (State.FINISHED, State.DIVERGED) for run in runs)
    st.progress(done / max(len(runs), 1), f"{done} of {len(runs)} runs done")
    controlled = [run for run in runs if state.can_control(run)]
    active = [run for run in controlled if run.state.active]
    resumable = [
        run for run in controlled if run.state in (State.STOPPED, State.INTERRUPTED, State.FAILED)
    ]
    with st.container(horizontal=True):
        if active and st.button("Stop all", icon=":material/stop:"):
            stop(active)
            st.rerun()
        if resumable and not active and st.button("Resume", icon=":material/play_arrow:"):
            resume(resumable)
            st.rerun()


def stop(runs: Sequence[Run]) -> None:
    """Stop those that wait first, so that no worker takes the next one."""
    store().cancel(*(run.id for run in runs))
    for run in runs:
        with suppress(UserError):  # it has ended
            process.send_command(store(), run.id, "stop")


def resume(runs: Sequence[Run]) -> None:
    for run in runs:
        with suppress(UserError):  # it is queued by now
            store().requeue(run.id)
    with suppress(OSError):  # they stay queued, for the next worker
        process.launch_queued(store())


def name_of(result: Result, fields: Sequence[str]) -> str:
    spec = result.runs[0].spec
    return " · ".join(f"{FIELDS[field]} {text_of(spec, field)}" for field in fields)


def best(result: Result, fields: Sequence[str]) -> None:
    """The best configuration so far, and a button that trains it longer."""
    accuracy = percent(result.accuracy.median, 2) if result.accuracy else "no"
    name = plain(name_of(result, fields) or "One configuration")
    st.markdown(f"**Best: {name}**, with a median test accuracy of {accuracy}.")
    spec = result.runs[0].spec
    low, high = LIMITS["epochs"]
    state.initialize(MORE_EPOCHS, min(TIMES_LONGER * spec.epochs, int(high)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = st.number_input(
            "Epochs of the longer run", int(low), int(high), key=MORE_EPOCHS, width=200
        )
        if st.button("Train the best longer", icon=":material/trending_up:"):
            train_longer(result, int(epochs))


def train_longer(result: Result, epochs: int) -> None:
    """Start a run of this configuration with more epochs, and open it on Train."""
    if not state.visitor_id():
        st.toast("Allow cookies for this page: Digitscope remembers by one which runs are yours.")
        return
    run = store().create(replace(result.runs[0].spec, epochs=epochs), owner=state.visitor_id())
    with suppress(OSError):  # it stays queued, for the next worker
        process.launch(run.id)
    st.switch_page("train/page.py", query_params={RUN: run.id})


def heat_map(runs: Sequence[Run], finished: Sequence[Run], fields: Sequence[str]) -> None:
    st.subheader("Heat map", anchor=False)
    state.keep_valid(COLUMN, fields, fields[0])
    state.keep_valid(ROW, fields, fields[1])
    with st.container(horizontal=True):
        column = st.selectbox(
            "Across", fields, format_func=lambda name: FIELDS[name], key=COLUMN, width=220
        )
        others = [field for field in fields if field != column]
        state.keep_valid(ROW, others, others[0])
        row = st.selectbox(
            "Down", others, format_func=lambda name: FIELDS[name], key=ROW, width=220
        )
    charts.show(
        sweep_charts.heat(finished, column, row),
        "sweep heat map",
        f"Heat map of the median test accuracy over {FIELDS[column]} and {FIELDS[row]}. "
        "The table below has the same figures.",
    )
    note(
        "Each cell is the median test accuracy of all finished runs with these two values: the "
        "brighter, the better. A combination without a finished run is empty."
    )


def effect_plots(finished: Sequence[Run], fields: Sequence[str]) -> None:
    if not fields:
        return
    st.subheader("Effect of each setting", anchor=False)
    for column, field in zip(st.columns(min(len(fields), 3)) * len(fields), fields, strict=False):
        with column:
            charts.show(
                sweep_charts.effects(finished, field),
                f"sweep effect {field}",
                f"Median and spread of the test accuracy for each value of {FIELDS[field]}.",
            )
    note(
        "A dot is the median test accuracy of all finished runs with that value, and its bar their "
        "middle half (with fewer than four runs, from the lowest to the highest)."
    )


def table(found: Sequence[Result], fields: Sequence[str]) -> None:
    """The configurations, best first; those checked can be compared."""
    st.subheader("Configurations", anchor=False)
    chosen = st.dataframe(
        [row(result, fields) for result in found],
        column_config={
            "Median test accuracy": st.column_config.NumberColumn(format="percent"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Seconds of training": st.column_config.NumberColumn(format="%.2f"),
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"{CHECKED} {hash(tuple(result.runs[0].id for result in found))}",
    )  # fmt: skip
    rows: list[int] = chosen["selection"]["rows"]
    picked = [found[i] for i in rows] or found
    runs = [run.id for result in picked for run in result.runs]
    label = "Compare the checked configurations" if rows else "Compare all configurations"
    if st.button(label, icon=":material/compare:"):
        st.switch_page("compare/page.py", query_params={RUNS: ",".join(runs)})
    note("Each row is one configuration with all its seeds. Check rows to compare only those.")


def row(result: Result, fields: Sequence[str]) -> dict[str, object]:
    spec, accuracy = result.runs[0].spec, result.accuracy
    low, high = (accuracy.quartiles or (accuracy.lowest, accuracy.highest)) if accuracy else (0, 0)
    return {
        **{FIELDS[field]: text_of(spec, field) for field in fields},
        "Median test accuracy": accuracy and accuracy.median,
        "Spread": f"{100 * low:.2f}–{100 * high:.2f} %" if accuracy else "",
        "Seeds": len(result.runs),
        "Best epoch": result.best_epoch,
        "Seconds of training": result.seconds,
        "Parameters": parameter_count(spec.sizes),
    }
