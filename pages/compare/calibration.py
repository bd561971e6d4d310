"""Calibration of the compared runs in one chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nn.analysis.predictions.calibration import calibration
from nn.runs.store.store import Run
from pages.common import charts
from pages.common.calibration_chart import Curve, chart
from pages.common.text import note
from pages.compare.classified import classify
from pages.compare.colors import swatch


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    found, _ = classify(runs, colors)
    if not found:
        note("Train the compared runs to see how well their confidence matches their accuracy.")
        return
    curves = [Curve(each.run.name, each.color, calibration(each.predictions)) for each in found]
    left, right = st.columns(2, gap="large")
    with left:
        errors = [f"{name} {100 * of.error:.1f}" for name, _, of in curves]
        alt = "Calibration chart. Confidence and accuracy differ, in percentage points, by: "
        charts.show(chart(curves), "compared calibration", f"{alt}{', '.join(errors)}.")
    with right:
        st.markdown("**Expected calibration error (ECE)**")
        st.dataframe(
            [
                {
                    " ": swatch(each.color),
                    "Run": each.run.name,
                    "ECE": curve.calibration.error,
                    "Mean confidence": float(each.predictions.confidence.mean()),
                    "Accuracy": float(each.predictions.correct.mean()),
                }
                for each, curve in zip(found, curves, strict=True)
            ],
            column_config={
                " ": st.column_config.ImageColumn(width=40),
                "ECE": st.column_config.NumberColumn(format="%.3f"),
                "Mean confidence": st.column_config.NumberColumn(format="percent"),
                "Accuracy": st.column_config.NumberColumn(format="percent"),
            },
            hide_index=True,
        )
        note(
            "A well-calibrated model gets 80 of 100 images right that it classifies with 80 % "
            "confidence: its dots lie on the diagonal. Below it, a model is overconfident. The "
            "ECE is the gap between confidence and accuracy, averaged over all images; 0 is "
            "perfect. Larger dots stand for more images."
        )
