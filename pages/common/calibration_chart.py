"""The calibration chart: accuracy over confidence, of one model or of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from nn.analysis.predictions.calibration import Calibration

GRAY, GREEN = "#8b95a3", "#0d8c82"


class Curve(NamedTuple):
    name: str
    color: str  # #rrggbb
    calibration: Calibration


def chart(curves: Sequence[Curve]) -> go.Figure:
    """One dot for each bin with images; larger ones stand for more images."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": GRAY, "dash": "dot"},
    )  # fmt: skip
    most_images = max(curve.calibration.counts.max() for curve in curves)
    for name, color, found in curves:
        filled = found.counts > 0
        counts = found.counts[filled]
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        figure.add_scatter(
            x=found.confidence[filled],
            y=found.accuracy[filled],
            name=name,
            mode="lines+markers",
            marker={"size": 7 + 21 * np.sqrt(counts / most_images), "color": color},
            line={"color": f"rgba({red}, {green}, {blue}, 0.5)"},
            customdata=counts,
            hovertemplate="mean confidence %{x:.1%}, accuracy %{y:.1%}<br>%{customdata:,} images",
            showlegend=False,  # the page names the colors
        )
    if len(curves) == 1:
        figure.data[1].hovertemplate += "<extra></extra>"  # without the name
    axis = {"range": [-0.04, 1.06], "tickformat": ".0%", "fixedrange": True, "zeroline": False}
    figure.update_layout(
        height=420,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        xaxis=axis | {"title": "confidence"},
        yaxis=axis | {"title": "accuracy"},
    )
    return figure
