"""The accuracy of each digit, now and over the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pages.components.register import component

_show = component("per_digit_table")


class Row(NamedTuple):
    name: str
    accuracy: float | None  # 0–1; None: there is no such image
    history: list[float | None]  # the accuracy at earlier snapshots, and now
    change: str  # since the first of them
    errors: str  # how many images are predicted wrong
    confused_with: str  # the digit that they are most often predicted as


def per_digit_table(
    headings: Sequence[str], rows: Sequence[Row], positions: Sequence[float]
) -> None:
    """positions: of the snapshots of each ``history``, 0–1 from left to right."""
    data = {
        "headings": headings,
        "rows": [row._asdict() for row in rows],
        "positions": positions,
    }
    _show(key="per_digit_table", data=data)
