"""The confusion matrix, or the difference between two, changed in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.predictions.confusion import DIGITS, Confusion
from pages.common.numbers import images, minus
from pages.components.register import component

MIN_FULL_RED = 0.12  # the square root of the share that is full red where none is larger
MIN_FULL_DIFFERENCE = 10  # images: the difference with the full color where none is larger

_show = component("confusion_matrix")


def confusion_matrix(
    content: Mapping[str, Any],
    selected: tuple[int, int],
    on_cell: Callable[[int, int], object],
    key: str = "confusion_matrix",
) -> None:
    """content: of ``counts`` or ``difference``; selected: row and column, or −1; ``on_cell`` is
    called with the actual and the predicted digit of a cell that is clicked."""
    _show(
        key=key,
        data={**content, "selected": selected},
        on_cell_change=lambda: on_cell(*map(int, st.session_state[key].cell)),
    )


def counts(confusion: Confusion, in_percent: bool = False) -> dict[str, Any]:
    """Tables of 10 rows, one for each actual digit: shades from −1, full red, to 1, full green;
    the cells' text, and in words. in_percent: of the row."""
    counts = confusion.counts
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    diagonal = np.eye(DIGITS, dtype=bool)
    errors = np.sqrt(np.where(diagonal, 0, shares))  # few mistakes are visible, too
    shades = np.where(diagonal, shares, -errors / max(MIN_FULL_RED, errors.max()))
    return {
        "shades": shades.tolist(),
        "text": _table(lambda y, x: _cell(int(counts[y, x]), float(shares[y, x]), in_percent)),
        "labels": _table(
            lambda y, x: (
                f"actual {y}, predicted {x}: {images(int(counts[y, x]))}, "
                f"{100 * shares[y, x]:.1f} % of all images of a {y}"
            )
        ),
        "diverging": False,
        "alt": f"Confusion matrix: {confusion.correct:,} of {confusion.total:,} images are "
        "predicted correctly.",
    }


def difference(first: Confusion, second: Confusion, names: tuple[str, str]) -> dict[str, Any]:
    """How many images more the second model puts into each cell: shades from −1, full red, to 1,
    full blue; the cells' text, and in words. names: of the models."""
    change = second.counts - first.counts
    sizes = np.sqrt(np.abs(change))  # few images are visible, too
    shades = np.sign(change) * sizes / max(np.sqrt(MIN_FULL_DIFFERENCE), sizes.max())
    return {
        "shades": shades.tolist(),
        "text": _table(lambda y, x: minus(f"{change[y, x]:+,}") if change[y, x] else ""),
        "labels": _table(
            lambda y, x: (
                f"actual {y}, predicted {x}: {images(int(second.counts[y, x]))} by "
                f"{names[1]}, {int(first.counts[y, x]):,} by {names[0]}"
            )
        ),
        "diverging": True,
        "alt": f"Difference of two confusion matrices: {names[1]} predicts "
        f"{second.correct:,} images correctly, {names[0]} {first.correct:,}.",
    }


def _table(cell: Callable[[int, int], str]) -> list[list[str]]:
    """cell: of the actual and the predicted digit."""
    return [[cell(y, x) for x in range(DIGITS)] for y in range(DIGITS)]


def _cell(count: int, share: float, in_percent: bool) -> str:
    if not count:
        return ""
    if in_percent:
        return f"{100 * share:.1f}" if share < 0.1 else f"{100 * share:.0f}"
    return f"{count:,}"
