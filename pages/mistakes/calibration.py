"""Sure: whether a network is right as often as it says."""

from __future__ import annotations

import streamlit as st

from nn.analysis.predictions.calibration import calibration
from nn.analysis.predictions.predict import Predictions
from pages.common import charts

EVEN = 0.005  # sureness and accuracy that lie no further apart are called even


def show(reading: Predictions) -> None:
    found = calibration(reading)
    chart, words = st.columns([3, 2], gap="large")
    with chart:
        st.plotly_chart(
            charts.calibration(found), key="calibration", config={"displayModeBar": False},
            alt="Calibration: how sure it is and how often it is right lie "
            f"{100 * found.error:.1f} percentage points apart on average.",
        )  # fmt: skip
    with words:
        st.markdown("**Is it right as often as it says?** (calibration)")
        st.markdown(
            "Collect all pictures of which the network is about 80 % sure. If it knows itself "
            "well, it reads about 80 of 100 of them right, and the dot lies on the line. Below the "
            "line it is **too sure of itself** (overconfident), above it too modest. A larger dot "
            "stands for more pictures."
        )
        st.markdown(
            f"On average over all pictures, how sure it is and how often it is right lie "
            f"**{100 * found.error:.1f} percentage points** apart (expected calibration error). "
            "0 would be perfect."
        )
        sure, right = float(reading.confidence.mean()), float(reading.correct.mean())
        verdict = "about as sure as it may be"
        if abs(sure - right) > EVEN:
            verdict = "too sure of itself" if sure > right else "too modest"
        st.markdown(
            f"All in all it is **{verdict}**: on average {100 * sure:.1f} % sure, and right "
            f"{100 * right:.1f} % of the time."
        )
