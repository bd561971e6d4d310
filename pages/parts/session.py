"""What a visitor's session remembers, and the run in view. The only file that names its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from nn.errors import UserError
from nn.runs.presets import PRESETS
from nn.runs.store import Run
from pages.parts.recorded import store
from pages.parts.text import plain

PRESET, HIDDEN, LR, EPOCHS = "preset", "hidden", "lr", "epochs"
RUN = "run"  # the id of the run in view
NEW = ""  # in its place: none, by choice


def fill_in_preset() -> None:
    """Set the settings' widgets to the chosen preset's values."""
    spec = PRESETS[st.session_state[PRESET]].spec
    st.session_state[HIDDEN] = ", ".join(map(str, spec.hidden))
    st.session_state[LR] = spec.lr
    st.session_state[EPOCHS] = spec.epochs


def begin() -> None:
    """Give a new session its settings, and keep them while the visitor is on another page."""
    if PRESET not in st.session_state:
        st.session_state[PRESET] = next(iter(PRESETS))
        fill_in_preset()
    for key in (PRESET, HIDDEN, LR, EPOCHS):
        st.session_state[key] = st.session_state[key]


def button(label: str, key: str, act: Callable[[], None], **options: Any) -> None:
    """A button that never acts twice for one press.

    As a callback, because a script that is interrupted before it reaches the button would lose
    the press; by its value too, because the first press after a restart of the server comes to a
    new session, which knows no callback for it.
    """
    done = f"{key} done"

    def once() -> None:
        st.session_state[done] = True
        act()

    pressed = st.button(label, key=key, on_click=once, **options)
    if not st.session_state.pop(done, False) and pressed:
        act()
        st.rerun()


def run_in_view() -> Run | None:
    """The run named in the address or seen last, else one under way, else the newest.

    None when there is none, or the visitor asked for a new one. Says so when the run is gone.
    """
    wanted = st.query_params.get("run") or st.session_state.get(RUN)
    if wanted is None:
        runs = store().runs()
        run = next((run for run in runs if run.state.active), runs[0] if runs else None)
    elif wanted == NEW:
        run = None
    else:
        try:
            run = store().find(wanted)
        except UserError as error:
            st.warning(plain(str(error)))
            run = None
    view(run)
    return run


def view(run: Run | None) -> None:
    """Put a run into view, and into the address, so that a reload or a link finds it again."""
    st.session_state[RUN] = run.id if run else NEW
    if run:
        st.query_params["run"] = run.id
    else:
        st.query_params.pop("run", None)
