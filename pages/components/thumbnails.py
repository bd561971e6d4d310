"""Sheet: pictures of digits to look through, one of them large, and how well each digit is read.

Registered once, when this module is imported: Streamlit takes component code as text.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from nn.layers import Array

_ASSETS = Path(__file__).parents[2] / "assets"


def _register(name: str) -> Callable[..., Any]:
    return st.components.v2.component(
        f"digitscope.{name}",
        html=f'<div class="place {name}"></div>',
        css=(_ASSETS / "mistakes.css").read_text(),
        js="".join((_ASSETS / file).read_text() for file in ("live.js", "digit.js", f"{name}.js")),
    )


_sheet, _closeup, _scores = map(_register, ("sheet", "closeup", "scores"))


class Card(NamedTuple):
    row: int  # what is told when it is opened
    image: str  # as ``packed``
    title: str
    note: str
    alt: str  # a sentence
    bars: list[float] | None = None  # (10,) probabilities
    truth: int | None = None
    answer: int | None = None


class Row(NamedTuple):
    """How well one digit is read."""

    name: str
    now: float | None  # 0–1; None: there is no such picture
    along: list[float | None]  # the same at earlier moments, and now
    gain: str  # what has changed since the first of them
    wrong: str  # how many are read wrong
    taken: str  # for which digit most often


def packed(image: Array) -> str:
    """image: (28, 28) uint8."""
    return base64.b64encode(image.tobytes()).decode()


def sheet(cards: Sequence[Card], opened: Callable[[int], object], key: str) -> None:
    """``opened`` is called with the row of a card that is clicked."""
    _sheet(
        key=key,
        data={"cards": [card._asdict() for card in cards]},
        on_opened_change=lambda: opened(int(st.session_state[key].opened)),
    )


def closeup(card: Card) -> None:
    """With its probabilities."""
    _closeup(key="closeup", data=card._asdict())


def scores(heads: Sequence[str], rows: Sequence[Row], at: Sequence[float]) -> None:
    """heads: of the columns; at: where the moments of ``along`` stand, 0–1."""
    data = {"heads": heads, "rows": [row._asdict() for row in rows], "at": at}
    _scores(key="scores", data=data)
