"""Matrix: which digit is read as which (confusion matrix), changed in place at another moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.predictions.confusion import DIGITS, Confusion
from pages.server import plotly_asset

FAINTEST = 0.12  # the square root of the share that is the reddest where none is larger

_ASSETS = Path(__file__).parents[2] / "assets"

_DIGITS = "".join(f"<span>{digit}</span>" for digit in range(DIGITS))

# Plotly puts its styles into the page's head, where a shadow root would not see them.
_matrix = st.components.v2.component(
    "digitscope.matrix",
    html='<div class="confusion"><span class="read" aria-hidden="true">read as</span>'
    f'<div class="columns" aria-hidden="true">{_DIGITS}</div>'
    '<span class="is" aria-hidden="true">it is</span>'
    f'<div class="rows" aria-hidden="true">{_DIGITS}</div>'
    '<div class="place" role="img" aria-label="Confusion matrix"></div></div>',
    css=(_ASSETS / "matrix.css").read_text(),
    js="".join((_ASSETS / file).read_text() for file in ("live.js", "digit.js", "matrix.js")),
    isolate_styles=False,
)


def matrix(
    found: Confusion, shares: bool, chosen: tuple[int, int], on_cell: Callable[[int, int], object]
) -> None:
    """shares: in percent of the row; chosen: the row and the column that are looked at, or −1;
    ``on_cell`` is called with those of a cell that is clicked."""
    _matrix(
        key="matrix",
        data=content(found, shares)
        | {
            "chosen": chosen,
            "plotly": plotly_asset.PLOTLY_URL,
            "alt": f"Confusion matrix: {found.right:,} of {found.pictures:,} read right. The lists "
            "beside it choose a cell without the mouse.",
        },
        on_cell_change=lambda: on_cell(*map(int, st.session_state["matrix"].cell)),
    )


def content(found: Confusion, shares: bool) -> dict[str, Any]:
    """Three tables of 10 rows, a digit as it is each: shades from −1, the reddest, to 1, the
    greenest; the cells' text; how many pictures, and what percentage of the row's."""
    counts = found.counts
    part = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(DIGITS, dtype=bool)
    wrong = np.sqrt(np.where(right, 0, part))  # few mistakes are to be seen too
    shades = np.where(right, part, -wrong / max(FAINTEST, wrong.max()))
    text = [
        [_cell(n, p, shares) for n, p in zip(*row, strict=True)]
        for row in zip(counts.tolist(), part.tolist(), strict=True)
    ]
    numbers = np.stack([counts, 100 * part], axis=-1)
    return {"shades": shades.tolist(), "text": text, "numbers": numbers.tolist()}


def _cell(count: int, part: float, shares: bool) -> str:
    if not count:
        return ""
    return (f"{100 * part:.1f}" if part < 0.1 else f"{100 * part:.0f}") if shares else f"{count:,}"
