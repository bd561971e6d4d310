"""What the Draw page keeps: what lies on the paper, what was answered, pinned and taught."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.draw.input_image import Loaded

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
