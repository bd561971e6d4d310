"""The charts of a sweep: the heat map of two fields, and the effect of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from nn.runs.store.run import Run
from nn.runs.sweep_results import HeatMap, Spread
from pages.common.charts import PALETTE
from pages.common.numbers import is_number, percent
from pages.common.setting_text import FIELDS, text_of

MARGIN = {"l": 0, "r": 0, "t": 8, "b": 0}
ROW_HEIGHT, MIN_HEIGHT, MAX_HEIGHT = 44, 200, 640  # in pixels
MAX_TEXTS = 12  # columns of which each cell has room for its figure


def labels(runs: Sequence[Run], field: str) -> dict[Any, str]:
    """Each value of a field that the runs have → the value in words."""
    return {getattr(run.spec, field): text_of(run.spec, field) for run in runs}


def heat_map(runs: Sequence[Run], found: HeatMap, column_field: str, row_field: str) -> go.Figure:
    """A cell for each combination of two fields' values, colored by its median accuracy."""
    column_labels, row_labels = labels(runs, column_field), labels(runs, row_field)
    columns = [column_labels[value] for value in found.columns]
    rows = [row_labels[value] for value in found.rows]
    texts = [["" if cell is None else percent(cell, 2) for cell in row] for row in found.medians]
    known = [cell for row in found.medians for cell in row if cell is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = 0.0 if low < high else 0.005  # a scale needs two ends
    figure = go.Figure(
        go.Heatmap(
            z=found.medians,
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            text=texts,
            texttemplate="%{text}" if len(columns) <= MAX_TEXTS else None,
            customdata=[[[column, row] for column in columns] for row in rows],
            hovertemplate=f"{FIELDS[column_field]} %{{customdata[0]}}<br>{FIELDS[row_field]} "
            "%{customdata[1]}<br>%{text} test accuracy<extra></extra>",
            hoverongaps=False,
            colorscale="Viridis",
            zmin=low - room,
            zmax=high + room,
            colorbar={
                "tickformat": ".1%" if high - low < 0.1 else ".0%",
                "thickness": 12,
                "outlinewidth": 0,
            },
            xgap=2,
            ygap=2,
        )
    )
    height = min(max(ROW_HEIGHT * len(rows) + 70, MIN_HEIGHT), MAX_HEIGHT)
    figure.update_layout(
        height=height,
        margin=MARGIN,
        dragmode=False,
        xaxis=_axis(FIELDS[column_field], columns) | {"showgrid": False},
        yaxis=_axis(FIELDS[row_field], rows) | {"showgrid": False},
    )
    return figure


def bar_ends(spread: Spread) -> tuple[float, float]:
    """The middle half of the accuracies; of fewer than four, the lowest and the highest."""
    return spread.quartiles or (spread.lowest, spread.highest)


def effect(
    runs: Sequence[Run], found: Mapping[Any, Spread | None], field: str, within: tuple[float, float]
) -> go.Figure:
    """The median of all runs with each value, and how far they spread.

    within: the lowest and the highest end of a bar in all charts, which have one scale.
    """
    names = labels(runs, field)
    measured = [(i, spread) for i, spread in enumerate(found.values()) if spread]
    texts = [names[value] for value in found]
    medians = [spread.median for _, spread in measured]
    ends = [bar_ends(spread) for _, spread in measured]
    figure = go.Figure()
    figure.add_scatter(
        x=[i for i, _ in measured],
        y=medians,
        # A line between names would suggest an order.
        mode="lines+markers" if all(map(is_number, found)) else "markers",
        marker={"size": 9, "color": PALETTE[4]},
        line={"width": 1, "dash": "dot", "color": PALETTE[4]},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - median for (_, high), median in zip(ends, medians, strict=True)],
            "arrayminus": [median - low for (low, _), median in zip(ends, medians, strict=True)],
            "thickness": 1.5,
            "width": 6,
        },
        customdata=[
            [texts[i], percent(spread.median, 2), *(percent(x, 2) for x in bar_ends(spread)),
             _runs(spread.values)]
            for i, spread in measured
        ],
        hovertemplate="%{customdata[0]}: %{customdata[1]}<br>%{customdata[2]} to %{customdata[3]}, "
        "%{customdata[4]}<extra></extra>",
    )  # fmt: skip
    room = 0.08 * (within[1] - within[0]) or 0.01
    figure.update_layout(
        height=220,
        margin=MARGIN,
        dragmode=False,
        showlegend=False,
        xaxis=_axis(FIELDS[field], texts) | {"range": [-0.5, len(texts) - 0.5]},
        yaxis={
            "range": [within[0] - room, within[1] + room],
            "tickformat": ".1%" if within[1] - within[0] < 0.1 else ".0%",
            "fixedrange": True,
            "zeroline": False,
        },
    )
    return figure


def describe_effect(runs: Sequence[Run], found: Mapping[Any, Spread | None], field: str) -> str:
    """The chart in words."""
    names = labels(runs, field)
    parts = [
        f"{names[value]}: {percent(spread.median, 2)}" for value, spread in found.items() if spread
    ]
    return f"Median test accuracy by {FIELDS[field].lower()}. {'; '.join(parts)}."


def describe_heat_map(found: HeatMap, column_field: str, row_field: str) -> str:
    """The chart in words."""
    known = [cell for row in found.medians for cell in row if cell is not None]
    return (
        f"Median test accuracy by {FIELDS[column_field].lower()} and {FIELDS[row_field].lower()}: "
        f"{len(known)} of {len(found.columns) * len(found.rows)} combinations, from "
        f"{percent(min(known), 2)} to {percent(max(known), 2)}."
    )


def _axis(title: str, texts: Sequence[str]) -> dict[str, Any]:
    """An axis with a place for each text, also where two texts are equal."""
    return {
        "title": title,
        "tickmode": "array",
        "tickvals": list(range(len(texts))),
        "ticktext": texts,
        "fixedrange": True,
        "zeroline": False,
        "automargin": True,
    }


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
