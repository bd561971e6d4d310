"""The confusion matrix, changed in place at another snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.predictions.confusion import DIGITS, Confusion
from pages.components.register import component

KEY = "confusion_matrix"
MIN_FULL_RED = 0.12  # the square root of the share that is full red where none is larger

_show = component("confusion_matrix")


def confusion_matrix(
    confusion: Confusion,
    in_percent: bool,
    selected: tuple[int, int],
    on_cell: Callable[[int, int], object],
) -> None:
    """in_percent: of the row; selected: row and column, or −1; ``on_cell`` is called with the
    actual and the predicted digit of a cell that is clicked."""
    _show(
        key=KEY,
        data=content(confusion, in_percent)
        | {
            "selected": selected,
            "alt": f"Confusion matrix: {confusion.correct:,} of {confusion.total:,} images are "
            "predicted correctly.",
        },
        on_cell_change=lambda: on_cell(*map(int, st.session_state[KEY].cell)),
    )


def content(confusion: Confusion, in_percent: bool) -> dict[str, Any]:
    """Three tables of 10 rows, one for each actual digit: shades from −1, full red, to 1, full
    green; the cells' text; how many images, and what percentage of the row's."""
    counts = confusion.counts
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    diagonal = np.eye(DIGITS, dtype=bool)
    errors = np.sqrt(np.where(diagonal, 0, shares))  # few mistakes are visible, too
    shades = np.where(diagonal, shares, -errors / max(MIN_FULL_RED, errors.max()))
    text = [
        [_cell(count, share, in_percent) for count, share in zip(*row, strict=True)]
        for row in zip(counts.tolist(), shares.tolist(), strict=True)
    ]
    numbers = np.stack([counts, 100 * shares], axis=-1)
    return {"shades": shades.tolist(), "text": text, "numbers": numbers.tolist()}


def _cell(count: int, share: float, in_percent: bool) -> str:
    if not count:
        return ""
    if in_percent:
        return f"{100 * share:.1f}" if share < 0.1 else f"{100 * share:.0f}"
    return f"{count:,}"
