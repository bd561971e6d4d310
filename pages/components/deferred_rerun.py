"""Echo: reruns the fragment that it stands in when an answer with a newer turn has been drawn."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_ASSETS = Path(__file__).parents[2] / "assets"

_echo = st.components.v2.component(
    "digitscope.echo",
    html="<span></span>",
    js="".join((_ASSETS / file).read_text() for file in ("live.js", "echo.js")),
)


def echo(turn: int) -> None:
    """turn: of the answer that the fragment has just shown."""
    _echo(key="echo", data={"turn": turn}, height=1, on_turn_change=lambda: None)
