"""What a visitor's session remembers, and the run in view. The only file that names its keys."""

from __future__ import annotations

import dataclasses

import streamlit as st

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import Run
from pages.parts import visitor
from pages.parts.recorded import store
from pages.parts.text import plain

PRESET = "preset"  # beside the fields of RunSpec, each under its own name
RUN = "run"  # the id of the run in view
STEP = "step"  # in the address: the moment of it that is looked at
NEW = ""  # in its place: none, by choice
SIMPLE = "simple"  # "1" in the address: nothing but Start, for a class
SETTINGS = {PRESET, *(field.name for field in dataclasses.fields(RunSpec))}
HISTORY, CHOSEN = "history", "chosen"  # the list of runs, and the last one chosen in it
HEARD = "heard"  # the last press of a button that was acted on


def write_address() -> None:
    """Navigation drops the query string: write back what all pages have in common."""
    for key in (RUN, SIMPLE):
        if key in st.query_params:
            st.session_state[key] = st.query_params[key]
        elif st.session_state.get(key):
            st.query_params[key] = st.session_state[key]


def simple() -> bool:
    """Whether a beginner's page is asked for: Start, Stop, and what they do."""
    return st.query_params.get(SIMPLE) == "1"


def visitor_id() -> str:
    """Who looks at the page, as recorded with the runs started here; "" without a cookie."""
    return visitor.of(st.context.cookies)


def owns(run: Run) -> bool:
    """Whether the visitor may control, rename and delete the run."""
    return bool(run.owner) and run.owner == visitor_id()


def newly_chosen(run_id: str) -> bool:
    """Whether this run has just been chosen in the list, rather than some time ago."""
    new = st.session_state.get(CHOSEN) != run_id
    st.session_state[CHOSEN] = run_id
    return new


def first_heard(press: str) -> bool:
    """Whether this press of a button is new; from now on it is not."""
    new = st.session_state.get(HEARD) != press
    st.session_state[HEARD] = press
    return new


def last_heard() -> str | None:
    return st.session_state.get(HEARD)


def run_in_view() -> Run | None:
    """The run named in the address or seen last, else one under way, else the newest.

    None when there is none, or the visitor asked for a new one, as a link with settings does. Says
    so when the run is gone.
    """
    wanted = st.query_params.get("run") or st.session_state.get(RUN)
    if wanted is None and SETTINGS & set(st.query_params):
        wanted = NEW
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


def asked_step(steps: list[int]) -> int | None:
    """The moment named in the address, if it is one of these; None: the newest."""
    asked = st.query_params.get(STEP, "")
    step = int(asked) if asked.isdecimal() and len(asked) < 16 else None
    return step if step in steps else None


def look_at(step: int | None) -> None:
    """Put a moment into the address; None: the newest."""
    if step is None:
        st.query_params.pop(STEP, None)
    else:
        st.query_params[STEP] = str(step)


def view(run: Run | None) -> None:
    """Put a run into view, and into the address, so that a reload or a link finds it again."""
    st.session_state[RUN] = run.id if run else NEW
    if run:
        st.query_params["run"] = run.id
    else:
        st.query_params.pop("run", None)


# The Mistakes page

NETWORK = "network"  # the run that is chosen there
PICTURES, UPLOADED = "pictures", "uploaded"  # which pictures are looked at; files of one's own
LOOK, COUNTED = "look", "counted"  # the part of the page; counts or shares in the matrix
TRUTH, ANSWER, ORDER, LEAF = "truth", "answer", "order", "leaf"  # the pictures in the gallery
MATRIX = "matrix"  # how often the chosen cell was changed from elsewhere
HARDEST, HARDEST_LEAF, SOUGHT = "hardest", "hardest leaf", "sought"
OPENED = "opened"  # the picture that is seen large


def sought() -> object:
    """Of which run and pictures the hardest are wanted."""
    return st.session_state.get(SOUGHT)


def seek(what: object) -> None:
    st.session_state[SOUGHT] = what


def opened(pictures: str) -> int | None:
    """The row of these pictures that is seen large."""
    key, row = st.session_state.get(OPENED, (None, None))
    return row if key == pictures else None


def open_picture(pictures: str, row: int | None) -> None:
    """Show it large; None: no longer."""
    st.session_state[OPENED] = (pictures, row)
