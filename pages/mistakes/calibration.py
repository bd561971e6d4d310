"""Calibration: whether predictions with 90 % confidence are correct nine times in ten."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nn.analysis.predictions.calibration import Calibration, calibration
from nn.analysis.predictions.predict import Predictions
from pages.common import charts

WELL_CALIBRATED = 0.005  # a smaller gap between mean confidence and accuracy is none
GRAY, GREEN = "#8b95a3", "13, 140, 130"


def show(predictions: Predictions) -> None:
    found = calibration(predictions)
    left, right = st.columns([3, 2], gap="large")
    with left:
        charts.show(
            chart(found),
            "calibration",
            "Calibration chart: confidence and accuracy differ by "
            f"{100 * found.error:.1f} percentage points on average.",
        )
    with right:
        st.markdown(f"**Calibration (ECE {found.error:.3f})**")
        st.markdown(
            "Take all images that the model classifies with about 80 % confidence. A "
            "well-calibrated model gets 80 out of 100 right, so the dot lies on the diagonal. "
            "Below the diagonal the model is **overconfident**, above it **underconfident**. "
            "Larger dots stand for more images."
        )
        st.markdown(
            "The expected calibration error (ECE) is the gap between confidence and accuracy, "
            f"averaged over all images: **{100 * found.error:.1f} percentage points**. 0 is "
            "perfect."
        )
        confidence = float(predictions.confidence.mean())
        accuracy = float(predictions.correct.mean())
        summary = "well calibrated"
        if abs(confidence - accuracy) > WELL_CALIBRATED:
            summary = "overconfident" if confidence > accuracy else "underconfident"
        st.markdown(
            f"Overall, this model is **{summary}**: mean confidence {100 * confidence:.1f} %, "
            f"accuracy {100 * accuracy:.1f} %."
        )


def chart(found: Calibration) -> go.Figure:
    """Accuracy over confidence, one dot for each bin with images."""
    filled = found.counts > 0
    counts = found.counts[filled]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": GRAY, "dash": "dot"},
    )  # fmt: skip
    figure.add_scatter(
        x=found.confidence[filled],
        y=found.accuracy[filled],
        mode="lines+markers",
        marker={"size": 7 + 21 * np.sqrt(counts / counts.max()), "color": f"rgb({GREEN})"},
        line={"color": f"rgba({GREEN}, 0.5)"},
        customdata=counts,
        hovertemplate="mean confidence %{x:.1%}, accuracy %{y:.1%}<br>%{customdata:,} images"
        "<extra></extra>",
        showlegend=False,
    )
    axis = {"range": [-0.04, 1.06], "tickformat": ".0%", "fixedrange": True, "zeroline": False}
    figure.update_layout(
        height=420,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        xaxis=axis | {"title": "confidence"},
        yaxis=axis | {"title": "accuracy"},
    )
    return figure
