"""Bars: ten probabilities, changed in place as soon as a stroke is read."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from nn.layers import Array
from pages.parts import bundle

_ASSETS = Path(__file__).parents[2] / "assets"

# Plotly puts its styles into the page's head, where a shadow root would not see them.
_bars = st.components.v2.component(
    "digitscope.bars",
    html='<div class="bars" role="img"></div>',
    css=".bars { width: 100%; height: 350px; }",
    js="".join((_ASSETS / file).read_text() for file in ("live.js", "bars.js")),
    isolate_styles=False,
)


def show(probabilities: Array, strokes: int, key: str) -> None:
    """probabilities: (10,), all 0 where nothing is read; strokes: of how many they are."""
    data = {"values": probabilities.tolist(), "strokes": strokes, "plotly": bundle.PLOTLY_URL}
    _bars(key=key, data=data)
