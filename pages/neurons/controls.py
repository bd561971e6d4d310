"""The controls of the Neurons page: layer, what to show, order, filter, and neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nn.runs.store.store import Run
from pages.common.glossary import term
from pages.common.url_state import LAYER, MODE, NEURON, ONLY, SORT
from pages.neurons import state
from pages.server.shared_store import store

INTERVAL = 2.0  # seconds between two looks at the state of a run that trains
WIDTH = 171  # pixels of a list: two side by side on a phone 390 wide

MODES = {
    "weights": "weights",
    "initial": "change since start",
    "previous": "latest change",
    "gradient": "negative gradient",
}
ORDERS = {
    "index": "number",
    "weight_norm": "weight norm",
    "activation_rate": "activation rate",
    "preferred_digit": "preferred digit",
    "similarity": "similarity",
}
FILTERS = {"all": "all", "dead": "dead", "duplicates": "duplicates", "unique": "unique"}


def rerun_on_change(run: Run, has_snapshots: bool) -> None:
    """Rerun the page when a run that trains changes its state, ends an epoch or has its first
    snapshot."""
    if run.state.active:
        _rerun_on_change(run, has_snapshots)


@st.fragment(run_every=INTERVAL)
def _rerun_on_change(run: Run, has_snapshots: bool) -> None:
    now = store().run(run.id)
    is_first = now.step > 0 and not has_snapshots
    if (now.state, now.epoch) != (run.state, run.epoch) or is_first:
        st.rerun()


def layer_name(sizes: Sequence[int], layer: int) -> str:
    count = sizes[layer + 1]
    if layer == len(sizes) - 2:
        return "output (10)"
    if len(sizes) == 3:
        return f"hidden layer ({count:,})"
    return f"hidden {layer + 1} ({count:,})"


def layer(sizes: Sequence[int]) -> int:
    """Counted from 0; on screen and in the URL from 1."""
    layers = range(1, len(sizes))
    state.initialize_layer(layers)
    chosen: int = st.selectbox(
        "Layer",
        layers,
        format_func=lambda number: layer_name(sizes, number - 1),
        key=LAYER,
        persist_state="session",
        help=term("layer"),
        width=WIDTH,
    )
    state.write_url(LAYER, chosen, 1)
    return chosen - 1


def mode(steps: Sequence[int], layer: int) -> str:
    """What the wall shows. steps: of the kept snapshots."""
    unavailable = {"initial", "previous"} if len(steps) < 2 else set()
    if layer:
        unavailable.add("gradient")
    modes = {name: label for name, label in MODES.items() if name not in unavailable}
    help = (
        "Weights: blue is positive, red is negative. Latest change: since the previous snapshot. "
        "Negative gradient: the direction in which the loss on the test images falls fastest."
    )
    return _choose("Show", MODE, modes, help)


def order() -> str:
    return _choose("Sort by", SORT, ORDERS, f"Similarity: {term('similarity')}")


def only() -> str:
    help = f"Dead: {term('dead_neuron')} Duplicates: {term('duplicates')} Unique: neither."
    return _choose("Neurons", ONLY, FILTERS, help)


def _choose(label: str, name: str, options: Mapping[str, str], help: str) -> str:
    state.initialize(name, options)
    chosen: str = st.selectbox(
        label,
        list(options),
        format_func=lambda option: options[option],
        key=name,
        persist_state="session",
        help=help,
        width=WIDTH,
    )
    state.write_url(name, chosen, next(iter(options)))
    return chosen


def neuron(sizes: Sequence[int], layer: int) -> int:
    last = sizes[layer + 1] - 1
    if not last:
        return 0
    state.initialize_neuron(last)
    label = "Digit" if layer == len(sizes) - 2 else "Neuron"
    chosen = st.number_input(
        f"{label}, 0 to {last:,}, or click one on the wall",
        0,
        last,
        step=1,
        key=NEURON,
        persist_state="session",
    )
    state.write_url(NEURON, chosen, 0)
    return chosen
