"""The run's buttons (Start, Pause, Resume, Stop, Restart, New run), speed and learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from nn.runs.store.store import Run
from pages.common import state
from pages.components.register import component

KEY = "run_controls"

_show = component("run_controls")


def run_controls(run: Run | None, can_start: bool, on_press: Callable[[str], None]) -> None:
    """What can be done in the state the run is in.

    ``on_press`` is called, once a press, with "start", "restart" or "new"; other commands go from
    the browser to the worker. can_start: whether the settings are valid. A press arrives in a
    callback, because a script that is interrupted before it reaches the component would lose it;
    and as the component's value, because the first press after a restart of the server comes to a
    new session, which knows no callback.
    """
    data = {
        "run": run and run.id,
        "state": run and run.state,
        "can_control": bool(run and state.can_control(run)),
        "owns": bool(run and state.owns(run)),
        "started_by": "another visitor" if run and run.owner else "the command line",
        "can_start": can_start,
        "lr": run and run.spec.lr,
    }

    def handle(press: Any) -> bool:
        is_new = bool(press) and press["id"] != state.last_press()
        if is_new:
            state.confirm_press(press["id"])
            on_press(press["what"])
        return is_new

    value = _show(
        key=KEY,
        data=data | {"confirmed": state.last_press()},
        on_press_change=lambda: handle(st.session_state[KEY].press),
        on_announced_change=lambda: None,  # the run has ended or goes on
    )
    if handle(value.press):
        st.rerun()
