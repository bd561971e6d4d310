"""What the Mistakes page keeps: which pictures are looked at, and the one that is seen large."""

from __future__ import annotations

import streamlit as st

ANY = -1  # in place of a digit
NETWORK = "network"  # the run that is chosen there
PICTURES, UPLOADED = "pictures", "uploaded"  # which pictures are looked at; files of one's own
LOOK, COUNTED = "look", "counted"  # the part of the page; counts or shares in the matrix
TRUTH, ANSWER, ORDER, LEAF = "truth", "answer", "order", "leaf"  # the pictures in the gallery
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


def open_image(pictures: str, row: int | None) -> None:
    """Show it large; None: no longer."""
    st.session_state[OPENED] = (pictures, row)


def cell() -> tuple[int, int]:
    """The digits whose pictures are looked at: as they are, and as they were read."""
    return st.session_state.get(TRUTH, ANY), st.session_state.get(ANSWER, ANY)


def choose(truth: int, answer: int) -> None:
    """Look at the pictures of a digit that were read as another; ANY: of all."""
    st.session_state[TRUTH], st.session_state[ANSWER] = truth, answer
    first_leaf()


def first_leaf() -> None:
    """Of the gallery, for it shows other pictures than before."""
    st.session_state.pop(LEAF, None)
