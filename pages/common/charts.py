"""Charts that change when a person acts: Plotly figures from plain data."""

from __future__ import annotations

import plotly.graph_objects as go

from nn.runs.history.predictions import PredictionHistory

SEEN = 0.2  # probability: a digit that never had so much stays gray
GRAY = "rgba(139, 149, 163, 0.35)"
COLORS = (
    "#0f9d8f", "#d9822b", "#3f7fd6", "#c2382e", "#8a5fc7", "#7a9a1f", "#c94f8a", "#1f9bbd",
    "#a9741f", "#5b6bd6",
)  # fmt: skip

GREEN = "13, 140, 130"


def fates(fate: PredictionHistory) -> go.Figure:
    """Ten lines: the probability of each digit while the network learned."""
    at = fate.samples_seen.clip(min=1)  # a logarithmic axis has no 0
    most = fate.probabilities.max(axis=0)
    order = fate.probabilities[-1].argsort()  # the likeliest at the end is drawn last, on top
    figure = go.Figure()
    for digit in order:
        seen = bool(most[digit] >= SEEN)
        figure.add_scatter(
            x=at,
            y=fate.probabilities[:, digit],
            name=f"{digit}",
            mode="lines",
            line={
                "width": 3 if digit == order[-1] else 1.5,
                "color": COLORS[digit] if seen else GRAY,
            },
            hovertemplate="%{y:.1%}" if seen else None,
            hoverinfo=None if seen else "skip",
            showlegend=seen,
        )
    ticks = [tick for tick in (1, 10, 100, 1_000, 10_000, 100_000, 10**6, 10**7) if tick <= at[-1]]
    figure.update_layout(
        height=260,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        hovermode="x unified",
        xaxis={
            "type": "log",
            "title": "digits seen while learning",
            "tickvals": ticks,
            "ticktext": ["before", *(f"{tick:,}" for tick in ticks[1:])],
        },
        yaxis={"range": [0, 1.02], "tickformat": ".0%", "title": "probability"},
        legend={"traceorder": "reversed"},
    )
    return figure
