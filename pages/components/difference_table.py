"""A column for each compared run: the settings in which they differ, and their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pages.components.register import component

_show = component("difference_table")


class Row(NamedTuple):
    label: str
    values: list[str]  # of each run
    best: Sequence[bool] = ()  # which of them are the best; empty: none


def difference_table(
    runs: Sequence[Mapping[str, str]], settings: Sequence[Row], results: Sequence[Row]
) -> None:
    """runs: {"id", "name", "color"} of each."""
    data = {
        "runs": list(runs),
        "settings": [row._asdict() for row in settings],
        "results": [row._asdict() for row in results],
    }
    _show(key="difference_table", data=data)
