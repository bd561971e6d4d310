"""What a visitor's session remembers, and the run in view. The only file that names its keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import streamlit as st

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import Run
from pages.parts import visitor
from pages.parts.loaded import Loaded
from pages.parts.recorded import store
from pages.parts.text import plain

PRESET = "preset"  # beside the fields of RunSpec, each under its own name
RUN = "run"  # the id of the run in view
NEW = ""  # in its place: none, by choice
SIMPLE = "simple"  # "1" in the address: nothing but Start, for a class
SETTINGS = {PRESET, *(field.name for field in dataclasses.fields(RunSpec))}
STEP = "step"  # the moment of it that is looked at; in the address, too
LAYER, NEURON = "layer", "neuron"  # counted from 1 and from 0, as people read them
HISTORY, CHOSEN = "history", "chosen"  # the list of runs, and the last one chosen in it
MADE = "made"  # the file made last, and what was asked for
HEARD = "heard"  # the last press of a button that was acted on


def write_address() -> None:
    """Navigation drops the query string: write back what all pages have in common."""
    for key in (RUN, SIMPLE, STEP):
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


def recall_layer(layers: Iterable[int]) -> None:
    """Take the layer from the address, when the page opens, if there is one of that number."""
    named = {str(layer): layer for layer in layers}
    if LAYER not in st.session_state and st.query_params.get(LAYER) in named:
        st.session_state[LAYER] = named[st.query_params[LAYER]]
    forget_unless(LAYER, layers)


def forget_unless(key: str, known: Iterable[object]) -> None:
    """Forget a choice that is none of those there are now."""
    if key in st.session_state and st.session_state[key] not in known:
        del st.session_state[key]


def keep_made(asked: object, data: bytes) -> None:
    """Keep a file until another one is made."""
    st.session_state[MADE] = asked, data


def made(asked: object) -> bytes | None:
    """The file that was made last, if it is the one asked for."""
    was, data = st.session_state.get(MADE, (None, None))
    return data if was == asked else None


def neuron() -> int:
    """The neuron in view; it may be one that a network has not got."""
    return int(st.session_state.get(NEURON) or 0)


def choose(neuron: int) -> None:
    """Put a neuron into view, before the page asks which one it is."""
    st.session_state[NEURON] = neuron


def view(run: Run | None) -> None:
    """Put a run into view, and into the address, so that a reload or a link finds it again."""
    if st.session_state.get(RUN) not in (None, run.id if run else NEW):
        look_at(None)  # a moment of another run
    st.session_state[RUN] = run.id if run else NEW
    if run:
        st.query_params["run"] = run.id
    else:
        st.query_params.pop("run", None)


# The Draw page

TOOLS, SECTION, WHY, EXPLAINED = "tools", "section", "why", "explained"
LOADED = "loaded"  # the picture on the paper
READERS, COMPARED = ("reader", "second"), "compared"  # which networks read
MINE, NUMBER, FILES, LOOKED, PICKED = "mine", "number", "files", "looked", "picked"
TURN, ANSWERED = "turn", "answered"  # the answers so far, and all about the last one
LINKED = "linked"  # the picture that the address led to
NEWS = "news"  # what a press led to, in plain text
TAUGHT = "taught"  # the pictures that were saved in My digits from this page, and as what
PINS, MOST_PINS, WATCHED = "pins", 4, "watched"  # drawings whose learning is watched


def newly_linked(what: tuple[str, ...]) -> bool:
    """Whether the address leads to another picture than the last time."""
    new = st.session_state.get(LINKED) != what
    st.session_state[LINKED] = what
    return new


def loaded() -> Loaded | None:
    return st.session_state.get(LOADED)


def load(picture: Loaded | None) -> None:
    """Put a picture on the paper, or take it off."""
    st.session_state[LOADED] = picture


def newly_explained(what: tuple[bytes, int]) -> bool:
    """Whether another picture, or another answer, is being explained than the last time."""
    new = st.session_state.get(EXPLAINED) != what
    st.session_state[EXPLAINED] = what
    return new


def taught(image: bytes) -> int | None:
    """As which digit this picture was saved in My digits; None: it was not."""
    label: int | None = st.session_state.get(TAUGHT, {}).get(image)
    return label


def teach(image: bytes, label: int) -> None:
    st.session_state.setdefault(TAUGHT, {})[image] = label


def pinned() -> list[bytes]:
    """The pictures, 28 × 28 uint8 in MNIST's frame, that this visitor watches being learned."""
    return list(st.session_state.get(PINS, []))


def pin(image: bytes) -> None:
    """Watch it too; the oldest goes when there are too many."""
    st.session_state[PINS] = [*(pin for pin in pinned() if pin != image), image][-MOST_PINS:]


def unpin(image: bytes) -> None:
    st.session_state[PINS] = [pin for pin in pinned() if pin != image]


def looked() -> dict[str, Any]:
    """What became of each uploaded file, by Streamlit's number of it."""
    found: dict[str, Any] = st.session_state.setdefault(LOOKED, {})
    return found


def newly_picked(row: int | None) -> bool:
    """Whether this row of the uploaded pictures has just been selected."""
    new = bool(st.session_state.get(PICKED) != row)
    st.session_state[PICKED] = row
    return new


def tell(news: str) -> None:
    """Have it shown at the end of this script run: a callback may show nothing itself."""
    st.session_state[NEWS] = news


def news() -> str:
    """What there is to tell, once."""
    return str(st.session_state.pop(NEWS, ""))


def next_turn() -> int:
    """Counts the answers of this session."""
    turn = int(st.session_state.get(TURN, 0)) + 1
    st.session_state[TURN] = turn
    return turn


def answered(what: Any) -> None:
    st.session_state[ANSWERED] = what


def last_answered() -> Any:
    return st.session_state[ANSWERED]


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
