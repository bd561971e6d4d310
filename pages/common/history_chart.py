"""The chart of a prediction history: ten probabilities over a run's training."""

from __future__ import annotations

import plotly.graph_objects as go

from nn.runs.history.predictions import PredictionHistory

MIN_PROBABILITY = 0.2  # a digit that never reaches it stays gray
GRAY = "rgba(139, 149, 163, 0.35)"
COLORS = (
    "#0f9d8f", "#d9822b", "#3f7fd6", "#c2382e", "#8a5fc7", "#7a9a1f", "#c94f8a", "#1f9bbd",
    "#a9741f", "#5b6bd6",
)  # fmt: skip
TICKS = (1, 10, 100, 1_000, 10_000, 100_000, 10**6, 10**7)


def description(history: PredictionHistory) -> str:
    """The chart in words."""
    first, last = history.probabilities[0], history.probabilities[-1]
    return (
        f"Probabilities of the ten digits over training. Before: {first.argmax()} is the most "
        f"likely, with {first.max():.0%}. After {history.samples_seen[-1]:,} images: "
        f"{last.argmax()}, with {last.max():.0%}."
    )


def chart(history: PredictionHistory) -> go.Figure:
    """Ten lines: the probability of each digit over the images seen."""
    samples_seen = history.samples_seen.clip(min=1)  # a logarithmic axis has no 0
    highest = history.probabilities.max(axis=0)
    order = history.probabilities[-1].argsort()  # the final prediction is drawn last, on top
    figure = go.Figure()
    for digit in order:
        is_colored = bool(highest[digit] >= MIN_PROBABILITY)
        figure.add_scatter(
            x=samples_seen,
            y=history.probabilities[:, digit],
            name=f"{digit}",
            mode="lines",
            line={
                "width": 3 if digit == order[-1] else 1.5,
                "color": COLORS[digit] if is_colored else GRAY,
            },
            hovertemplate="%{y:.1%}" if is_colored else None,
            hoverinfo=None if is_colored else "skip",
            showlegend=is_colored,
        )
    ticks = [tick for tick in TICKS if tick <= samples_seen[-1]]
    figure.update_layout(
        height=260,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        hovermode="x unified",
        xaxis={
            "type": "log",
            "title": "images seen",
            "tickvals": ticks,
            "ticktext": ["untrained", *(f"{tick:,}" for tick in ticks[1:])],
        },
        yaxis={"range": [0, 1.02], "tickformat": ".0%", "title": "probability"},
        legend={"traceorder": "reversed"},
    )
    return figure
