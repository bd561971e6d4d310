"""What is kept of what was made to take along: the last file, on whichever page."""

from __future__ import annotations

import streamlit as st

MADE = "made"  # the file, and what was asked for


def keep(asked: object, data: bytes) -> None:
    """Keep a file until another one is made."""
    st.session_state[MADE] = asked, data


def find(asked: object) -> bytes | None:
    """The file that was made last, if it is the one asked for."""
    was, data = st.session_state.get(MADE, (None, None))
    return data if was == asked else None
