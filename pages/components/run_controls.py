"""The run's buttons (Start, Pause, Resume, Stop, Restart, New run), speed and learning rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from nn.runs.store.groups import groups_of
from nn.runs.store.store import Run
from pages.common import state
from pages.common.setting_text import FIELDS
from pages.components.register import component
from pages.server.shared_store import store

KEY = "run_controls"

_show = component("run_controls")


def run_controls(
    run: Run | None,
    settings: Mapping[str, Any],
    choices: Mapping[str, str],
    problem: str,
    on_move: Callable[[], None],
) -> None:
    """What can be done in the state the run is in.

    settings: to start a run with, as pages.server.runs_api takes them; choices: the labels of the
    chosen options, as the screen shows them; problem: why the settings are not valid, or "". The
    browser sends every command itself, to the server or to the worker. When that
    leads to another run, it says so by its value ``move``, which it keeps: neither an interrupted
    script nor a restarted server loses it. ``on_move`` is called, in a callback if the session has
    begun before, when the script follows.
    """

    def follow(move: Mapping[str, str | None] | None) -> bool:
        has_moved = state.make_move(move)
        if has_moved:
            on_move()
        return has_moved

    groups = groups_of(store(), run.id) if run else []
    value = _show(
        key=KEY,
        data={
            "run": run and run.id,
            "state": run and run.state,
            "can_control": bool(run and state.can_control(run)),
            "owns": bool(run and state.owns(run)),
            "started_by": "another visitor" if run and run.owner else "the command line",
            "settings": settings,
            "choices": choices,
            "labels": FIELDS,
            "problem": problem,
            "lr": run and run.spec.lr,
            "in_race": any(group.kind == "race" for group in groups),
        },
        on_move_change=lambda: follow(st.session_state[KEY].move),
        on_announced_change=lambda: None,  # the run has ended or goes on
    )
    if follow(value.move):
        st.rerun()
