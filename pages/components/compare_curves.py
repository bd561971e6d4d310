"""Loss and accuracy of many runs in one chart, live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pages.common.charts import PALETTE
from pages.components.register import component
from pages.server import plotly_asset

_show = component("compare_curves", isolate_styles=False)


class Line(NamedTuple):
    """A configuration, with all its seeds."""

    name: str
    details: str  # how many seeds, or what differs from the other lines
    color: str  # "": gray, one of many
    rank: int  # 1: the best; 0: without an accuracy
    runs: list[dict[str, Any]]  # {"id", "name", "active"} of each seed
    configuration: str = ""  # nn.runs.differences.configuration_key


def compare_curves(lines: Sequence[Line]) -> None:
    """The script runs again when one of the runs ends."""
    data = {
        "lines": [line._asdict() for line in lines],
        "palette": PALETTE,
        "plotly": plotly_asset.PLOTLY_URL,
    }
    _show(key="compare_curves", data=data, on_ended_change=lambda: None)
