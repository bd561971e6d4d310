"""Plotly charts that a script draws; those of the components are in assets/lib/plotly.js."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

# No toolbar, which would offer to upload the chart to Plotly's cloud.
CONFIG = {
    "displayModeBar": False,
    "showSendToCloud": False,
    "showTips": False,
    "plotlyServerURL": "",
}

# Of several runs. Told apart also by the color-blind, and against light and dark pages.
PALETTE = (
    "#0854fe", "#f76069", "#209907", "#7f47bc", "#3792fe", "#b6486f", "#007702", "#8175b4",
)  # fmt: skip


def show(figure: go.Figure, key: str, alt: str) -> None:
    """alt: says in words what the chart shows."""
    st.plotly_chart(figure, key=key, alt=alt, config=CONFIG)
