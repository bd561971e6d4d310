"""What a visitor's session remembers, and the run in view. The only file that names its keys."""

from __future__ import annotations

import streamlit as st

from nn.errors import UserError
from nn.runs.presets import PRESETS
from nn.runs.store import Run
from pages.parts.recorded import store
from pages.parts.text import plain

PRESET, HIDDEN, LR, EPOCHS = "preset", "hidden", "lr", "epochs"
RUN = "run"  # the id of the run in view
NEW = ""  # in its place: none, by choice
HEARD = "heard"  # the last press of a button that was acted on


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


def first_heard(press: str) -> bool:
    """Whether this press of a button is new; from now on it is not."""
    new = st.session_state.get(HEARD) != press
    st.session_state[HEARD] = press
    return new


def last_heard() -> str | None:
    return st.session_state.get(HEARD)


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
