"""The settings in the sidebar, as a RunSpec."""

from __future__ import annotations

import dataclasses

import streamlit as st

from nn.digits import mnist, sources
from nn.errors import UserError
from nn.runs.presets import PRESETS
from nn.runs.spec import HIGHEST_LR, MOST_EPOCHS, RunSpec, parse_hidden
from pages.parts import session
from pages.parts.text import plain


def spec() -> RunSpec | None:
    """Draw the settings; None, with a sentence beside them, while they make no network."""
    with st.sidebar:
        preset = st.selectbox(
            "Preset",
            list(PRESETS),
            key=session.PRESET,
            on_change=session.fill_in_preset,
            help="A recipe to start from. Choosing one fills in the settings below.",
        )
        st.caption(PRESETS[preset].about)
        st.text_input(
            "Hidden layers",
            key=session.HIDDEN,
            help="How many neurons each hidden layer has, from input to output, for example "
            "128 or 128, 64. More neurons can learn finer things and take longer.",
        )
        st.number_input(
            "Learning rate",
            min_value=0.0001,
            max_value=HIGHEST_LR,
            step=0.01,
            format="%.4g",
            key=session.LR,
            help="How far the network moves after each batch of digits. Higher learns faster, "
            "until it overshoots and learns nothing at all.",
        )
        st.number_input(
            "Epochs",
            min_value=1,
            max_value=MOST_EPOCHS,
            key=session.EPOCHS,
            help="How often it goes through all the training digits.",
        )
        if sources.default() == "strokes":
            st.caption(
                "It learns from built-in handwriting: MNIST is not on this computer.",
                help=mnist.HOW_TO_GET,
            )
        try:
            return chosen()
        except UserError as error:
            st.error(plain(str(error)))
            return None


def chosen() -> RunSpec:
    """What the settings say now. Raises UserError when that makes no network."""
    state = st.session_state
    return dataclasses.replace(
        PRESETS[state[session.PRESET]].spec,
        hidden=parse_hidden(state[session.HIDDEN]),
        lr=state[session.LR],
        epochs=state[session.EPOCHS],
        data=sources.default(),
    )
