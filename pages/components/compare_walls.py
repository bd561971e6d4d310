"""The weight walls of several runs, live, at equal images seen under one timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pages.components.register import component

_show = component("compare_walls")


class ComparedRun(NamedTuple):
    run: str  # its id
    name: str
    color: str  # CSS
    settings: str  # those in which it differs, as plain text


def compare_walls(runs: Sequence[ComparedRun]) -> None:
    """In this order; runs in training move."""
    _show(key="compare_walls", data={"runs": [run._asdict() for run in runs]})
