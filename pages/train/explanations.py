"""What the wall and the curves show, in a line each, where the eye is."""

from __future__ import annotations

import streamlit as st

from pages.common.glossary import TERMS
from pages.common.text import note

OF_CURVES = (
    "loss",
    "accuracy",
    "accuracy_estimate",
    "epoch",
    "training_set",
    "validation_set",
    "test_set",
)


def under_wall() -> None:
    note("**Blue**: ink here activates the neuron. **Red**: ink here suppresses it.")


def under_curves() -> None:
    """Open at first; who knows it all closes it."""
    with st.expander("What the curves show", expanded=True):
        for key in OF_CURVES:
            note(f"**{TERMS[key].name}**: {TERMS[key].sentence}")
