"""The state of the Neurons page: layer, neuron, and how the weight wall shows them."""

from __future__ import annotations

from collections.abc import Collection

from pages.common import state, url_state
from pages.common.url_state import LAYER, NEURON

COMPARED_NEURON = "compared neuron"


def initialize(name: str, options: Collection[str]) -> None:
    """Give the list ``name`` its first value, the URL's or the first option; keep it valid."""
    [first, *_] = options
    state.initialize(name, url_state.read_option(name, options, first))
    state.keep_valid(name, options, first)


def initialize_layer(layers: range) -> None:
    """layers: counted from 1."""
    state.initialize(LAYER, url_state.read_number(LAYER, layers[0], layers[-1], 1))
    state.keep_valid(LAYER, layers, 1)


def initialize_neuron(last: int) -> None:
    """last: the largest number of a neuron in the layer."""
    state.initialize(NEURON, url_state.read_number(NEURON, 0, last, 0))
    state.set_value(NEURON, min(neuron(), last))


def neuron() -> int:
    return int(state.value(NEURON, 0))


def select_neuron(neuron: int) -> None:
    state.set_value(NEURON, neuron)


def write_url(name: str, value: object, default: object) -> None:
    """Put a choice into the URL unless it is the default."""
    url_state.write(name, None if value == default else value)
