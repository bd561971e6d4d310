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


def show(figure: go.Figure, key: str, alt: str) -> None:
    """alt: says in words what the chart shows."""
    st.plotly_chart(figure, key=key, alt=alt, config=CONFIG)
