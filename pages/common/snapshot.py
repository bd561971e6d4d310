"""The moment looked at: what is known of a network there, found out when somebody looks.

Everything is asked for by run and step of a kept frame, which never changes, and by layer, and kept
for the next look. SHIPPED in place of a run is the pretrained model, whose only step is 0. Raises
UserError where the frame or the pictures are gone, or it has diverged.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.neurons import (
    ablation,
    order,
    pre_activations,
    similarity,
    statistics,
    weight_gradient,
    weight_maps,
)
from nn.analysis.neurons.weight_tiles import quantize
from nn.data import sources
from nn.data.dataset import Dataset
from nn.layers import Array
from nn.losses import Loss
from nn.models import pretrained
from nn.network import Network
from nn.runs import load_network
from nn.runs.spec import RunSpec
from pages.server import wire
from pages.server.shared_store import store

SHIPPED = ""
NUMBERS = 10_000_000  # what a layer says to the test pictures, at most: 40 MB


@st.cache_resource(max_entries=64, show_spinner=False)
def spec(run_id: str) -> RunSpec:
    if run_id == SHIPPED:
        own = pretrained.network()
        return RunSpec(own.sizes[1:-1], own.activation, dataset=sources.default_dataset())
    return store().run(run_id).spec


@st.cache_resource(max_entries=64, show_spinner=False)
def _loss(run_id: str) -> Loss:
    return spec(run_id).build()[1]


@st.cache_resource(max_entries=4, show_spinner=False)
def network(run_id: str, step: int) -> Network:
    """As it was at a kept frame; it is only read with."""
    if run_id == SHIPPED:
        return pretrained.network()
    return load_network.network_at(store(), run_id, step)


@st.cache_resource(max_entries=4, show_spinner=False)
def _test(data: str, validation: int, seed: int) -> Dataset:
    return sources.load_splits(data, validation, seed).test


def test(run_id: str) -> Dataset:
    """The run's own test pictures."""
    of = spec(run_id)
    return _test(of.dataset, of.validation_size, of.seed)


def tested(run_id: str, layer: int) -> Dataset:
    """Those of them that the neurons of a layer are judged by: fewer where it is very wide."""
    return test(run_id)[: NUMBERS // _width(run_id, layer)]


def _width(run_id: str, layer: int) -> int:
    return spec(run_id).sizes[layer + 1]


def shown(run_id: str, layer: int) -> int:
    """How many of the layer's neurons the wall has room for."""
    return min(_width(run_id, layer), wire.MAX_TILES)


@st.cache_resource(max_entries=3, show_spinner=False)
def layer_sums(run_id: str, step: int, layer: int) -> NDArray[np.float32]:
    return pre_activations.pre_activations(
        network(run_id, step), tested(run_id, layer).images, layer
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def layer_survey(run_id: str, step: int, layer: int) -> statistics.NeuronStatistics:
    z = layer_sums(run_id, step, layer)
    return statistics.neuron_statistics(
        network(run_id, step), layer, z, tested(run_id, layer).labels
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def pictures(run_id: str, step: int, layer: int) -> NDArray[np.float32]:
    """(neurons shown, 784)"""
    parameters, sizes = network(run_id, step).parameters, network(run_id, step).sizes
    return weight_maps.weight_maps(parameters, sizes, layer, slice(shown(run_id, layer)))


def picture(run_id: str, step: int, layer: int, neuron: int) -> NDArray[np.float32]:
    """(784,) of one neuron, also of one that the wall has no room for"""
    of = network(run_id, step)
    return weight_maps.weight_maps(of.parameters, of.sizes, layer, slice(neuron, neuron + 1))[0]


@st.cache_resource(max_entries=16, show_spinner=False)
def originals(run_id: str, step: int, layer: int) -> NDArray[np.intp]:
    return similarity.duplicates(similarity.cosine_similarity(pictures(run_id, step, layer)))


@st.cache_resource(max_entries=32, show_spinner=False)
def ordered(run_id: str, step: int, layer: int, by: str) -> list[int]:
    """The neurons shown, in one of the orders of nn.analysis.neurons.order."""
    seen = pictures(run_id, step, layer)
    found = order.ORDERS[by](layer_survey(run_id, step, layer), seen)
    return [int(n) for n in found if n < len(seen)]


@st.cache_resource(max_entries=8, show_spinner=False)
def change(run_id: str, step: int, layer: int, before: int) -> tuple[Array, Array]:
    """How the weights have changed since the kept frame ``before``, as weight tiles."""
    return quantize(pictures(run_id, step, layer) - pictures(run_id, before, layer))


@st.cache_resource(max_entries=8, show_spinner=False)
def pull(run_id: str, step: int) -> tuple[Array, Array]:
    """Where the loss on the test pictures pulls the first layer's weights: against its gradient
    → as nn.analysis.neurons.weight_tiles."""
    seen = tested(run_id, 0)
    found = weight_gradient.weight_gradient(
        network(run_id, step), _loss(run_id), seen.images, seen.labels
    )
    return quantize(-found[: shown(run_id, 0)])


@st.cache_resource(max_entries=16, show_spinner=False)
def scores(run_id: str, step: int, layer: int) -> ablation.Scores:
    """How the network reads with all its neurons."""
    return _scores(run_id, step, layer, None)


@st.cache_resource(max_entries=64, show_spinner=False)
def scores_without(run_id: str, step: int, layer: int, neuron: int) -> ablation.Scores:
    return _scores(run_id, step, layer, neuron)


def _scores(run_id: str, step: int, layer: int, off: int | None) -> ablation.Scores:
    z, labels = layer_sums(run_id, step, layer), tested(run_id, layer).labels
    return ablation.scores(network(run_id, step), _loss(run_id), layer, z, labels, off)
