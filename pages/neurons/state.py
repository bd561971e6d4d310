"""What the Neurons page keeps: the layer and the neuron in view."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages.common import state

LAYER, NEURON = "layer", "neuron"  # counted from 1 and from 0, as people read them


def recall_layer(layers: Iterable[int]) -> None:
    """Take the layer from the address, when the page opens, if there is one of that number."""
    named = {str(layer): layer for layer in layers}
    if LAYER not in st.session_state and st.query_params.get(LAYER) in named:
        st.session_state[LAYER] = named[st.query_params[LAYER]]
    state.forget_unless(LAYER, layers)


def neuron() -> int:
    """The neuron in view; it may be one that a network has not got."""
    return int(st.session_state.get(NEURON) or 0)


def choose(neuron: int) -> None:
    """Put a neuron into view, before the page asks which one it is."""
    st.session_state[NEURON] = neuron
