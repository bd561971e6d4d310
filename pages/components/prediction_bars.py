"""Bars: an answer in words and as ten probabilities, changed in place when a stroke is read."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from nn.layers import Array
from nn.models.pretrained import Answer
from pages.components import prediction_text
from pages.server import plotly_asset

_ASSETS = Path(__file__).parents[2] / "assets"

# Plotly puts its styles into the page's head, where a shadow root would not see them.
_bars = st.components.v2.component(
    "digitscope.bars",
    html='<div role="status"><h3 class="said"></h3><p class="how"></p></div><div class="answered">'
    '<div class="digits" aria-hidden="true">'
    + "".join(f"<span>{n}</span>" for n in range(10))
    + '</div><div class="bars" role="img" aria-label="Probabilities"></div>'
    '<figure class="sees" hidden>'
    '<canvas width="28" height="28" role="img" aria-label="What the network sees"></canvas>'
    "<figcaption><b>What it sees</b><br>28 × 28 pixels</figcaption></figure></div>",
    css="div > h3.said { margin: 0; padding: 0; font-size: 1.5rem; line-height: 1.2; }"
    ".how { margin: 0.25rem 0 0.5rem; font-size: 0.875rem; }"
    ".answered { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; }"
    ".answered .digits { display: grid; margin-right: -0.75rem; font-size: 0.875rem; }"
    ".answered .digits span { align-self: center; }"
    ".answered .bars { flex: 1 1 200px; min-width: 0; height: 336px; }"
    ".answered .sees { margin: 0; flex: 0 0 140px; font-size: 0.8rem; }"
    ".answered .sees canvas { width: 140px; border-radius: 6px; image-rendering: pixelated; }",
    js="".join((_ASSETS / file).read_text() for file in ("live.js", "bars.js")),
    isolate_styles=False,
)


def show(
    answer: Answer, blank: bool, image: Array | None, strokes: int, turn: int, key: str
) -> None:
    """blank: there was nothing to read; image: (28, 28) uint8 to stand beside them; strokes: how
    many are answered; turn: counts the answers of this session."""
    said, how = prediction_text.sentences(answer, blank)
    data = {
        "said": said,
        "how": how,
        "values": answer.probabilities.tolist(),
        "picture": None if image is None else base64.b64encode(image.tobytes()).decode(),
        "strokes": strokes,
        "turn": turn,
        "plotly": plotly_asset.PLOTLY_URL,
    }
    _bars(key=key, data=data)
