"""Charts that change when a person acts: Plotly figures from plain data."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from nn.inspect.calibration import Calibration
from nn.inspect.fate import Fate

SEEN = 0.2  # probability: a digit that never had so much stays grey
GREY = "rgba(139, 149, 163, 0.35)"
COLOURS = (
    "#0f9d8f", "#d9822b", "#3f7fd6", "#c2382e", "#8a5fc7", "#7a9a1f", "#c94f8a", "#1f9bbd",
    "#a9741f", "#5b6bd6",
)  # fmt: skip

RED, GREEN = "194, 56, 46", "13, 140, 130"
STILL = {"displayModeBar": False, "staticPlot": True}  # nothing in it to zoom or pick


def fates(fate: Fate) -> go.Figure:
    """Ten lines: the probability of each digit while the network learned."""
    at = fate.samples.clip(min=1)  # a logarithmic axis has no 0
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
                "color": COLOURS[digit] if seen else GREY,
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


def probabilities(values: NDArray[np.floating]) -> go.Figure:
    """Ten horizontal bars. values: (10,) from 0 to 1."""
    best = int(values.argmax()) if values.any() else None
    accent = st.get_option("theme.light.primaryColor")
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[str(digit) for digit in range(10)],
            orientation="h",
            marker_color=[accent if digit == best else "#9aa4b2" for digit in range(10)],
            text=[f"{value:.1%}" if value >= 0.001 else "" for value in values],
            textposition="outside",
            cliponaxis=False,
        )
    )
    figure.update_layout(
        height=360,
        margin={"l": 0, "r": 48, "t": 0, "b": 0},
        xaxis={"range": [0, 1], "visible": False},
        yaxis={"autorange": "reversed", "type": "category"},
        bargap=0.35,
    )
    return figure


def enlarged(image: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """A small picture with every pixel a square of ``times`` × ``times``."""
    return image.repeat(times, axis=0).repeat(times, axis=1)


def confusion(counts: NDArray[np.int64], shares: bool, chosen: tuple[int, int]) -> go.Figure:
    """counts: (10, 10), a row a digit as it is; shares: in percent of the row; chosen: the row and
    column of the cell that is looked at, outside 0–9 for none."""
    digits = list(range(10))
    part = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(10, dtype=bool)
    wrong = np.where(right, np.nan, np.sqrt(part))  # few mistakes are to be seen too
    text = [
        [_cell(n, p, shares) for n, p in zip(*row, strict=True)]
        for row in zip(counts.tolist(), part.tolist(), strict=True)
    ]
    ink = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    figure = go.Figure()
    for shown, colour, most in (
        (wrong, RED, max(0.12, float(np.nanmax(wrong)))),
        (np.where(right, part, np.nan), GREEN, 1.0),
    ):
        figure.add_heatmap(
            z=shown, x=digits, y=digits, zmin=0, zmax=most, showscale=False, hoverinfo="skip",
            colorscale=[(0, f"rgba({colour}, 0)"), (1, f"rgba({colour}, 0.7)")], xgap=1, ygap=1,
            text=text, texttemplate="%{text}", textfont={"size": 11, "color": ink},
        )  # fmt: skip
    # A heatmap tells nobody of a click; these squares over it do.
    figure.add_scatter(
        x=np.tile(digits, 10),
        y=np.repeat(digits, 10),
        mode="markers",
        marker={"symbol": "square", "size": 30, "opacity": 0},
        selected_marker_opacity=0,
        unselected_marker_opacity=0,
        customdata=np.stack([counts.ravel(), 100 * part.ravel()], axis=1),
        hovertemplate="%{y}, read as %{x}: %{customdata[0]:,} pictures<br>"
        "%{customdata[1]:.1f} % of all that are %{y}<extra></extra>",
        showlegend=False,
    )
    shapes = []
    if max(chosen) in digits:
        (y0, y1), (x0, x1) = (
            (digit - 0.5, digit + 0.5) if digit in digits else (-0.5, 9.5) for digit in chosen
        )
        line = {"width": 2.5, "color": ink}
        shapes = [{"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": line}]
    axis = {"tickvals": digits, "showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_layout(
        height=440,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        clickmode="event+select",
        dragmode=False,
        shapes=shapes,
        xaxis=axis | {"title": "read as", "side": "top", "range": [-0.5, 9.5]},
        yaxis=axis | {"title": "it is", "range": [9.5, -0.5]},
    )
    return figure


def _cell(count: int, part: float, shares: bool) -> str:
    if not count:
        return ""
    return (f"{100 * part:.1f}" if part < 0.1 else f"{100 * part:.0f}") if shares else f"{count:,}"


def calibration(found: Calibration) -> go.Figure:
    """How often a network is right against how sure it is, a dot for each tenth."""
    there = found.pictures > 0
    pictures = found.pictures[there]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": "#8b95a3", "dash": "dot"},
    )  # fmt: skip
    figure.add_scatter(
        x=found.sureness[there],
        y=found.accuracy[there],
        mode="lines+markers",
        marker={"size": 7 + 21 * np.sqrt(pictures / pictures.max()), "color": f"rgb({GREEN})"},
        line={"color": f"rgba({GREEN}, 0.5)"},
        customdata=pictures,
        hovertemplate="on average %{x:.1%} sure, %{y:.1%} right<br>%{customdata:,} pictures"
        "<extra></extra>",
        showlegend=False,
    )
    axis = {"range": [-0.04, 1.06], "tickformat": ".0%", "fixedrange": True, "zeroline": False}
    figure.update_layout(
        height=420,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        xaxis=axis | {"title": "how sure it is of its answer"},
        yaxis=axis | {"title": "how often it is right"},
    )
    return figure
