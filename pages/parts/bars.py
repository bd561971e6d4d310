"""Bars: ten probabilities, changed in place as soon as a stroke is read."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from nn.layers import Array
from nn.recogniser import Answer
from pages.parts import bundle

_ASSETS = Path(__file__).parents[2] / "assets"

# Plotly puts its styles into the page's head, where a shadow root would not see them.
_bars = st.components.v2.component(
    "digitscope.bars",
    html='<div class="answered"><div class="bars" role="img"></div><figure class="sees" hidden>'
    '<canvas width="28" height="28" role="img" aria-label="What the network sees"></canvas>'
    "<figcaption><b>What it sees</b><br>28 × 28 pixels</figcaption></figure></div>",
    css=".answered { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; }"
    ".answered .bars { flex: 1 1 220px; min-width: 0; height: 350px; }"
    ".answered .sees { margin: 0; flex: 0 0 140px; font-size: 0.8rem; }"
    ".answered .sees canvas { width: 140px; border-radius: 6px; image-rendering: pixelated; }",
    js="".join((_ASSETS / file).read_text() for file in ("live.js", "bars.js")),
    isolate_styles=False,
)


def show(answer: Answer, image: Array | None, strokes: int, turn: int, key: str) -> None:
    """image: (28, 28) uint8 to stand beside them; strokes: how many are answered; turn: counts
    the answers of this session."""
    data = {
        "values": answer.probabilities.tolist(),
        "picture": None if image is None else base64.b64encode(image.tobytes()).decode(),
        "strokes": strokes,
        "turn": turn,
        "plotly": bundle.PLOTLY_URL,
    }
    _bars(key=key, data=data)
