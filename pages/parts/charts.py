"""Charts that change when a person acts: Plotly figures from plain data."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

STILL = {"displayModeBar": False, "staticPlot": True}  # nothing in it to zoom or pick


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
