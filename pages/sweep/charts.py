"""The charts of a sweep: a heat map of two fields, and the effect of each."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from nn.runs.store.run import Run
from nn.runs.sweep_results import effect, heat_map
from pages.common.charts import PALETTE
from pages.common.numbers import percent
from pages.common.setting_text import FIELDS, text_of


def heat(runs: Sequence[Run], column: str, row: str) -> go.Figure:
    """The median test accuracy of each combination; empty cells without a result."""
    found = heat_map(runs, column, row)
    columns, rows = labels(runs, column), labels(runs, row)
    texts = [["" if x is None else percent(x, 2) for x in line] for line in found.medians]
    hover = f"{FIELDS[column]} %{{x}}, {FIELDS[row]} %{{y}}: %{{text}}<extra></extra>"
    figure = go.Figure(
        go.Heatmap(
            x=[columns[value] for value in found.columns],
            y=[rows[value] for value in found.rows],
            z=found.medians,
            text=texts,
            texttemplate="%{text}",
            colorscale="Viridis",
            colorbar={"tickformat": ".0%"},
            hovertemplate=hover,
            hoverongaps=False,
        )
    )
    axis = {"type": "category", "fixedrange": True, "showgrid": False}
    figure.update_layout(
        height=120 + 60 * max(len(rows), 3),
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        xaxis=axis | {"title": FIELDS[column]},
        yaxis=axis | {"title": FIELDS[row]},
    )
    return figure


def effects(runs: Sequence[Run], field: str) -> go.Figure:
    """The median of all runs with each value, and their spread."""
    found = {value: spread for value, spread in effect(runs, field).items() if spread}
    names = labels(runs, field)
    ends = [spread.quartiles or (spread.lowest, spread.highest) for spread in found.values()]
    medians = [spread.median for spread in found.values()]
    figure = go.Figure(
        go.Scatter(
            x=[names[value] for value in found],
            y=medians,
            # A line between names of a kind would suggest an order.
            mode="markers" if any(isinstance(v, str) for v in found) else "lines+markers",
            line={"color": PALETTE[0]},
            error_y={
                "array": [high - y for (_, high), y in zip(ends, medians, strict=True)],
                "arrayminus": [y - low for (low, _), y in zip(ends, medians, strict=True)],
            },
            hovertemplate="%{x}: %{y:.2%}<extra></extra>",
        )
    )
    figure.update_layout(
        height=240,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        xaxis={"type": "category", "title": FIELDS[field], "fixedrange": True},
        yaxis={"tickformat": ".1%", "fixedrange": True},
    )
    return figure


def labels(runs: Sequence[Run], field: str) -> dict[object, str]:
    """Each value of the field → its text."""
    return {getattr(run.spec, field): text_of(run.spec, field) for run in runs}
