"""What a visitor's session remembers: here the run in view, beside it what each page keeps.

Nowhere else are its keys named.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import streamlit as st

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run
from pages.common.text import plain
from pages.server import visitor_cookie
from pages.server.shared_store import store

PRESET = "preset"  # beside the fields of RunSpec, each under its own name
RUN = "run"  # the id of the run in view
NEW = ""  # in its place: none, by choice
SIMPLE = "simple"  # "1" in the address: nothing but Start, for a class
SETTINGS = {PRESET, *(field.name for field in dataclasses.fields(RunSpec))}
STEP = "step"  # the moment of it that is looked at; in the address, too
HISTORY, CHOSEN = "history", "chosen"  # the list of runs, and the last one chosen in it
FIRST_LINK = "first link"  # the page and the parameters of the URL with which the session began
HEARD = "heard"  # the last press of a button that was acted on


def write_address() -> None:
    """Navigation drops the query string: write back what all pages have in common."""
    for key in (RUN, SIMPLE, STEP):
        if key in st.query_params:
            st.session_state[key] = st.query_params[key]
        elif st.session_state.get(key):
            st.query_params[key] = st.session_state[key]


def keep_first_link(page: str) -> None:
    """Remember the URL with which the session begins; to be called before anything changes it."""
    st.session_state.setdefault(FIRST_LINK, (page, st.query_params.to_dict()))


def first_link(page: str) -> dict[str, str]:
    """The parameters of the URL with which the session began, if that led to this page."""
    linked_page, parameters = st.session_state[FIRST_LINK]
    return parameters if linked_page == page else {}


def simple() -> bool:
    """Whether a beginner's page is asked for: Start, Stop, and what they do."""
    return st.query_params.get(SIMPLE) == "1"


def visitor_id() -> str:
    """Who looks at the page, as recorded with the runs started here; "" without a cookie."""
    return visitor_cookie.visitor_id(st.context.cookies)


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


def moment(steps: list[int]) -> int | None:
    """The kept frame that the address asks for, or the last one before it; None: the newest."""
    asked = str(st.query_params.get(STEP, ""))
    if not (asked.isdecimal() and len(asked) < 16):
        return None
    before = [step for step in steps if step <= int(asked)]
    return before[-1] if before[-1:] != steps[-1:] else None


def look_at(step: int | None) -> None:
    """Put a moment of the run in view into the address; None: the newest."""
    st.session_state[STEP] = "" if step is None else str(step)
    write(STEP, step)


def write(key: str, value: object) -> None:
    """Put a choice into the address; None: leave it out."""
    if value is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = str(value)


def forget_unless(key: str, known: Iterable[object]) -> None:
    """Forget a choice that is none of those there are now."""
    if key in st.session_state and st.session_state[key] not in known:
        del st.session_state[key]


def view(run: Run | None) -> None:
    """Put a run into view, and into the address, so that a reload or a link finds it again."""
    if st.session_state.get(RUN) not in (None, run.id if run else NEW):
        look_at(None)  # a moment of another run
    st.session_state[RUN] = run.id if run else NEW
    if run:
        st.query_params["run"] = run.id
    else:
        st.query_params.pop("run", None)
