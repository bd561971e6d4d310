"""The details of one neuron, as the component neuron_details shows them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.neurons import pre_activations, top_activating, weight_maps
from nn.analysis.neurons.spatial_autocorrelation import spatial_autocorrelation
from nn.analysis.neurons.statistics import NeuronStatistics
from nn.analysis.neurons.weight_tiles import quantize
from nn.errors import UserError
from nn.layers import Array
from nn.runs.history import weights
from pages.common.numbers import images, minus, percent, signed
from pages.neurons import analysis
from pages.server.networks import PRETRAINED_ID, network_at
from pages.server.shared_store import store

EXAMPLES = 8  # top activating images, and as many that activate the neuron least
MAX_BARS = 20  # outgoing weights, the largest
NOT_SELECTIVE = 1.1  # ratio of the two highest mean activations: below it no digit is preferred
MAX_RATIO = 100  # above it the second digit does not count
MIN_CHANGE = 0.0005  # of a digit's accuracy, to be worth mentioning


@st.cache_data(max_entries=64, show_spinner=False)
def of(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    """What neuron_details shows; a part that cannot be computed is a message."""
    sizes = analysis.spec_of(run_id).sizes
    weight_map = analysis.weight_map(run_id, step, layer, neuron)
    is_finite = bool(np.isfinite(weight_map).all())
    return {
        "run": run_id or None,
        "step": step,
        "neuron": neuron,
        "title": title(sizes, layer, neuron),
        "is_first_layer": layer == 0,
        "weights": base64_of(np.nan_to_num(weight_map, posinf=0, neginf=0)),
        "preferred_class": _preferred_class(run_id, step, layer, neuron),
        "facts": _facts(run_id, step, layer, neuron, weight_map if is_finite else None),
        "top_activating": _or_message(lambda: _top_activating(run_id, step, layer, neuron)),
        "activations": _or_message(lambda: _activations(run_id, step, layer, neuron)),
        "outgoing": _or_message(lambda: _outgoing(run_id, step, layer, neuron)),
        "ablation": _or_message(lambda: _ablation(run_id, step, layer, neuron)),
        "history": _or_message(lambda: _history(run_id, layer, neuron)),
    }


def title(sizes: tuple[int, ...], layer: int, neuron: int) -> str:
    if layer == len(sizes) - 2:
        return f"Output {neuron}"
    return f"Neuron {neuron}" + (f" of hidden layer {layer + 1}" if len(sizes) > 3 else "")


def compared(titles: list[str], a: Array, b: Array) -> dict[str, Any]:
    """What neuron_comparison shows. a, b: (784,)"""
    maps = np.nan_to_num(np.stack([a, b, a - b]), posinf=0, neginf=0)
    return {"titles": [*titles, "difference"], "weights": base64_of(maps)}


def base64_of(array: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def progress(run_id: str, step: int) -> str:
    """How far the network was trained at this snapshot."""
    if run_id == PRETRAINED_ID:
        return "fully trained"
    samples_seen = store().snapshot(run_id, step).samples_seen
    return f"after {images(samples_seen)}" if step else "untrained"


def _or_message(compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return compute()
    except UserError as error:
        return {"message": str(error)}


def _preferred_class(run_id: str, step: int, layer: int, neuron: int) -> int | None:
    try:
        statistics = analysis.layer_statistics(run_id, step, layer)
    except UserError:
        return None
    return None if statistics.dead[neuron] else int(statistics.preferred_class[neuron])


def _facts(
    run_id: str, step: int, layer: int, neuron: int, weight_map: Array | None
) -> list[tuple[str, str]]:
    """weight_map: (784,); None when it is not finite."""
    facts = [("Snapshot", progress(run_id, step))]
    try:
        statistics = analysis.layer_statistics(run_id, step, layer)
    except UserError:
        return facts
    rate = percent(float(statistics.activation_rate[neuron]))
    count = len(analysis.test_images(run_id, layer))
    facts.append(("Activation rate", f"{rate} of {count:,} test images"))
    facts.append(("Preferred digit", _preference(statistics, neuron)))
    facts.append(("Weight norm", f"{statistics.weight_norm[neuron]:.2f}"))
    if weight_map is not None:
        first = 0 if run_id == PRETRAINED_ID else store().snapshot_steps(run_id)[0]
        initial_map = analysis.weight_map(run_id, first, layer, neuron)
        before, now = spatial_autocorrelation(np.stack([initial_map, weight_map])).tolist()
        initially = "" if run_id == PRETRAINED_ID else f", initially {before:.2f}"
        text = minus(f"{now:.2f}{initially} (0: noise, 1: strokes)")
        facts.append(("Spatial autocorrelation", text))
    return facts


def _preference(statistics: NeuronStatistics, neuron: int) -> str:
    """Which digit activates the neuron most, and how much more than the others do."""
    if statistics.dead[neuron]:
        return "none: the neuron is dead (its output never changes)"
    mean, preferred = statistics.mean_activation[neuron], statistics.preferred_class[neuron]
    selectivity = f"selectivity {statistics.selectivity[neuron]:.2f}"
    known = np.flatnonzero(~np.isnan(mean))
    if len(known) < 2:
        return f"{preferred} ({selectivity})"
    second = max((digit for digit in known if digit != preferred), key=lambda digit: mean[digit])
    height = mean - min(0.0, float(np.nanmin(mean)))  # as selectivity, from the lowest or 0
    if height[preferred] <= NOT_SELECTIVE * height[second]:
        return f"not selective: the {preferred} is hardly ahead of the {second} ({selectivity})"
    if height[second] < height[preferred] / MAX_RATIO:
        return f"{preferred} (no other activates it, {selectivity})"
    ratio = height[preferred] / height[second]
    return f"{preferred} (mean activation {ratio:.1f} × that of the {second}, {selectivity})"


def _top_activating(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    """Raises UserError for a dead neuron."""
    if analysis.layer_statistics(run_id, step, layer).dead[neuron]:
        raise UserError("None: the neuron is dead. Its output is the same for every image.")
    test = analysis.test_images(run_id, layer)
    z = analysis.layer_pre_activations(run_id, step, layer)[:, neuron]
    top, least = top_activating.top_activating(z, min(EXAMPLES, len(test)))
    rows = np.concatenate([top, least])
    preferred = _preferred_class(run_id, step, layer, neuron)
    agreeing = int(np.count_nonzero(test.labels[top] == preferred))
    caption = f"{agreeing} of the {len(top)} top images show the preferred digit {preferred}."
    if 2 * agreeing < len(top):
        caption += (
            f" A {preferred} activates the neuron most on average, but not in the strongest images."
        )
    return {
        "labels": [int(label) for label in test.labels[rows]],
        "images": base64_of(test.images[rows]),
        "caption": caption,
    }


def _activations(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    network, labels = network_at(run_id, step), analysis.test_images(run_id, layer).labels
    z = analysis.layer_pre_activations(run_id, step, layer)
    if pre_activations.is_output(network, layer):  # softmax needs all of them
        y = pre_activations.activations(network, layer, z)[:, neuron]
    else:
        y = pre_activations.activations(network, layer, z[:, neuron : neuron + 1])[:, 0]
    histogram = top_activating.activation_histogram(y, labels)
    low, high = float(histogram.edges[0]), float(histogram.edges[-1])
    totals = histogram.counts.sum(axis=1, keepdims=True)
    means = [float(y[labels == d].mean()) if n else 0.0 for d, [n] in enumerate(totals.tolist())]
    return {
        "low": 0.0 if abs(low) < high / 1000 else low,
        "high": high,
        "shares": (histogram.counts / np.maximum(totals, 1)).round(4).tolist(),
        "caption": "From lowest to highest activation. Taller bars: more images of that digit.",
        "description": "Mean activation: "
        + ", ".join(f"{d}: {mean:.2g}" for d, mean in enumerate(means)),
    }


def _outgoing(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    network = network_at(run_id, step)
    outgoing = weight_maps.outgoing_weights(network.parameters, network.sizes, layer, neuron)
    largest = np.sort(np.argsort(-np.abs(outgoing), kind="stable")[:MAX_BARS])
    is_last = layer == len(network.sizes) - 3
    targets = "digits" if is_last else f"neurons of hidden layer {layer + 2}"
    part = f", the {MAX_BARS} largest of {len(outgoing):,}" if len(outgoing) > MAX_BARS else ""
    values = np.nan_to_num(outgoing[largest], posinf=0, neginf=0).round(3)
    return {
        "labels": [str(n) for n in largest],
        "values": values.tolist(),
        "caption": f"Weights to the {targets}{part}: positive (blue) or negative (red).",
        "description": ", ".join(f"{n}: {v:.2f}" for n, v in zip(largest, values, strict=True)),
    }


def _ablation(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    """Raises UserError for an output neuron."""
    ablated = analysis.scores_without(run_id, step, layer, neuron)
    intact = analysis.scores(run_id, step, layer)
    change = np.nan_to_num(ablated.accuracy_per_digit - intact.accuracy_per_digit)
    worst = np.argsort(change, kind="stable")[:2]
    hurt = [f"{d}s ({signed(100 * change[d])} points)" for d in worst if change[d] < -MIN_CHANGE]
    effect = f"This affects the {' and the '.join(hurt)} most." if hurt else "No digit needs it."
    return {
        "labels": [str(d) for d in range(10)],
        "values": (100 * change).round(2).tolist(),
        "caption": f"Without this neuron the test accuracy is {percent(ablated.accuracy, 2)} "
        f"instead of {percent(intact.accuracy, 2)}. {effect}",
    }


def _history(run_id: str, layer: int, neuron: int) -> dict[str, Any]:
    if run_id == PRETRAINED_ID:
        raise UserError(
            "The pretrained model has only its final snapshot. Train your own network to see how "
            "its neurons learn."
        )
    history = weights.weight_history(store(), run_id, layer, neuron)
    return {
        "samples_seen": history.samples_seen,
        "tiles": base64_of(quantize(history.images)[1]),
    }
