"""Parallel coordinates: an axis for each field and one for the accuracy, a line for each
configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pages.components.register import component

_show = component("parallel_coordinates")


class Axis(NamedTuple):
    label: str
    categories: list[str] | None  # texts, in order; None: its values are numbers


class Line(NamedTuple):
    values: list[float]  # on each axis; of categories, the index
    accuracy: float  # 0–1
    text: str  # all that it says, in words


def parallel_coordinates(axes: Sequence[Axis], lines: Sequence[Line]) -> None:
    """lines: the best first."""
    data = {
        "axes": [axis._asdict() for axis in axes],
        "lines": [line._asdict() for line in lines],
    }
    _show(key="parallel_coordinates", data=data)
