"""What nn.analysis finds out about the neurons of a layer at a snapshot, computed when a page asks
and cached.

A run's id and a step name a kept snapshot, which never changes; PRETRAINED_ID with step 0 is the
pretrained model. Layers count from 0. The functions raise UserError when the snapshot or the test
images no longer exist, or when the network has diverged.
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
from nn.runs.spec import RunSpec
from pages.server import wire
from pages.server.networks import PRETRAINED_ID, network_at
from pages.server.shared_store import store

MAX_PRE_ACTIVATIONS = 10_000_000  # neurons × test images: 40 MB


@st.cache_resource(max_entries=64, show_spinner=False)
def spec_of(run_id: str) -> RunSpec:
    if run_id == PRETRAINED_ID:
        network = pretrained.network()
        return RunSpec(network.sizes[1:-1], network.activation, dataset=sources.default_dataset())
    return store().run(run_id).spec


@st.cache_resource(max_entries=64, show_spinner=False)
def _loss(run_id: str) -> Loss:
    return spec_of(run_id).build()[1]


@st.cache_resource(max_entries=4, show_spinner=False)
def _test_set(dataset: str, validation_size: int, seed: int) -> Dataset:
    return sources.load_splits(dataset, validation_size, seed).test


def test_set(run_id: str) -> Dataset:
    spec = spec_of(run_id)
    return _test_set(spec.dataset, spec.validation_size, spec.seed)


def test_images(run_id: str, layer: int) -> Dataset:
    """The run's test set; a part of it for a very wide layer."""
    return test_set(run_id)[: MAX_PRE_ACTIVATIONS // _width(run_id, layer)]


def _width(run_id: str, layer: int) -> int:
    return spec_of(run_id).sizes[layer + 1]


def wall_size(run_id: str, layer: int) -> int:
    """How many of the layer's neurons the weight wall shows."""
    return min(_width(run_id, layer), wire.MAX_TILES)


@st.cache_resource(max_entries=3, show_spinner=False)
def layer_pre_activations(run_id: str, step: int, layer: int) -> NDArray[np.float32]:
    """(images, neurons)"""
    return pre_activations.pre_activations(
        network_at(run_id, step), test_images(run_id, layer).images, layer
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def layer_statistics(run_id: str, step: int, layer: int) -> statistics.NeuronStatistics:
    z = layer_pre_activations(run_id, step, layer)
    labels = test_images(run_id, layer).labels
    return statistics.neuron_statistics(network_at(run_id, step), layer, z, labels)


@st.cache_resource(max_entries=8, show_spinner=False)
def wall_maps(run_id: str, step: int, layer: int) -> NDArray[np.float32]:
    """The weight maps on the wall: (neurons, 784)"""
    network = network_at(run_id, step)
    neurons = slice(wall_size(run_id, layer))
    return weight_maps.weight_maps(network.parameters, network.sizes, layer, neurons)


def weight_map(run_id: str, step: int, layer: int, neuron: int) -> NDArray[np.float32]:
    """(784,) of any neuron, also of one that is not on the wall"""
    network = network_at(run_id, step)
    neurons = slice(neuron, neuron + 1)
    maps = weight_maps.weight_maps(network.parameters, network.sizes, layer, neurons)
    only: NDArray[np.float32] = maps[0]
    return only


@st.cache_resource(max_entries=16, show_spinner=False)
def duplicates(run_id: str, step: int, layer: int) -> NDArray[np.intp]:
    """For each neuron on the wall the first one with nearly the same weights: itself, if unique."""
    return similarity.duplicates(similarity.cosine_similarity(wall_maps(run_id, step, layer)))


@st.cache_resource(max_entries=32, show_spinner=False)
def wall_order(run_id: str, step: int, layer: int, by: str) -> list[int]:
    """The neurons on the wall in one of nn.analysis.neurons.order."""
    maps = wall_maps(run_id, step, layer)
    neurons = order.ORDERS[by](layer_statistics(run_id, step, layer), maps)
    return [int(neuron) for neuron in neurons if neuron < len(maps)]


@st.cache_resource(max_entries=8, show_spinner=False)
def weight_change(run_id: str, step: int, layer: int, since: int) -> tuple[Array, Array]:
    """The change of the weights since the snapshot ``since``, as weight tiles."""
    return quantize(wall_maps(run_id, step, layer) - wall_maps(run_id, since, layer))


@st.cache_resource(max_entries=8, show_spinner=False)
def negative_gradient(run_id: str, step: int) -> tuple[Array, Array]:
    """The direction in which the test loss falls fastest, of the first layer's weights, as weight
    tiles."""
    test = test_images(run_id, 0)
    gradient = weight_gradient.weight_gradient(
        network_at(run_id, step), _loss(run_id), test.images, test.labels
    )
    return quantize(-gradient[: wall_size(run_id, 0)])


@st.cache_resource(max_entries=16, show_spinner=False)
def scores(run_id: str, step: int, layer: int) -> ablation.Scores:
    """With all neurons."""
    return _scores(run_id, step, layer, None)


@st.cache_resource(max_entries=64, show_spinner=False)
def scores_without(run_id: str, step: int, layer: int, neuron: int) -> ablation.Scores:
    return _scores(run_id, step, layer, neuron)


def _scores(run_id: str, step: int, layer: int, ablated: int | None) -> ablation.Scores:
    z, labels = layer_pre_activations(run_id, step, layer), test_images(run_id, layer).labels
    return ablation.scores(network_at(run_id, step), _loss(run_id), layer, z, labels, ablated)
