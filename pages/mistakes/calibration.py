"""Calibration: whether predictions with 90 % confidence are correct nine times in ten."""

from __future__ import annotations

import streamlit as st

from nn.analysis.predictions.calibration import calibration
from nn.analysis.predictions.predict import Predictions
from pages.common import charts
from pages.common.calibration_chart import GREEN, Curve, chart

WELL_CALIBRATED = 0.005  # a smaller gap between mean confidence and accuracy is none


def show(predictions: Predictions) -> None:
    found = calibration(predictions)
    left, right = st.columns([3, 2], gap="large")
    with left:
        charts.show(
            chart([Curve("", GREEN, found)]),
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
