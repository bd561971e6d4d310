"""The dossier: what is known of one neuron, as the browser draws it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.neurons import pre_activations, top_activating, weight_maps
from nn.analysis.neurons.spatial_autocorrelation import spatial_autocorrelation
from nn.analysis.neurons.weight_tiles import quantize
from nn.errors import UserError
from nn.layers import Array
from nn.runs.history import weights
from pages.common import snapshot
from pages.common.snapshot import SHIPPED
from pages.server.shared_store import store

EXAMPLES = 8  # pictures that excite it most, and as many that do least
BARS = 20  # of those it speaks to, the ones it moves most
NOTICED = 0.0005  # share of a digit's pictures: what is less is nobody's loss


@st.cache_data(max_entries=64, show_spinner=False)
def of(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    """What neuron_details shows; what cannot be shown is a message there."""
    sizes = snapshot.spec(run_id).sizes
    own = snapshot.picture(run_id, step, layer, neuron)
    finite = bool(np.isfinite(own).all())
    life = _or_sentence(lambda: _life(run_id, layer, neuron))
    return {
        "run": run_id or None,
        "step": step,
        "neuron": neuron,
        "title": title(sizes, layer, neuron),
        "is_first_layer": layer == 0,
        "weights": text(np.nan_to_num(own, posinf=0, neginf=0)),
        "preferred_class": _serves(run_id, step, layer, neuron),
        "facts": _facts(run_id, step, layer, neuron, own if finite else None),
        "top_activating": _or_sentence(lambda: _extremes(run_id, step, layer, neuron)),
        "activations": _or_sentence(lambda: _said(run_id, step, layer, neuron)),
        "outgoing": _or_sentence(lambda: _outgoing(run_id, step, layer, neuron)),
        "ablation": _or_sentence(lambda: _without(run_id, step, layer, neuron)),
        "history": life,
    }


def title(sizes: tuple[int, ...], layer: int, neuron: int) -> str:
    if layer == len(sizes) - 2:
        return f"The answer {neuron}"
    return f"Neuron {neuron}" + (f" of hidden layer {layer + 1}" if len(sizes) > 3 else "")


def compared(titles: list[str], a: Array, b: Array) -> dict[str, Any]:
    """What neuron_comparison shows. a, b: (784,)"""
    both = np.nan_to_num(np.stack([a, b, a - b]), posinf=0, neginf=0)
    return {"titles": [*titles, "difference"], "weights": text(both)}


def text(array: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _or_sentence(find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return find()
    except UserError as error:
        return {"message": str(error)}


def _serves(run_id: str, step: int, layer: int, neuron: int) -> int | None:
    try:
        found = snapshot.layer_survey(run_id, step, layer)
    except UserError:
        return None
    return None if found.dead[neuron] else int(found.preferred_class[neuron])


def _facts(
    run_id: str, step: int, layer: int, neuron: int, own: Array | None
) -> list[tuple[str, str]]:
    """own: (784,); None when it is not finite."""
    facts = [("Snapshot", seen(run_id, step))]
    try:
        found = snapshot.layer_survey(run_id, step, layer)
    except UserError:
        return facts
    count = len(snapshot.tested(run_id, layer))
    facts.append(
        ("Activation rate", f"{found.activation_rate[neuron]:.1%} of {count:,} test images")
    )
    if found.dead[neuron]:
        facts.append(("Preferred digit", "none: the neuron is dead, its output never changes"))
    else:
        facts.append(
            (
                "Preferred digit",
                f"{found.preferred_class[neuron]} (selectivity {found.selectivity[neuron]:.2f})",
            )
        )
    facts.append(("Weight norm", f"{found.weight_norm[neuron]:.2f}"))
    if own is not None:
        first = 0 if run_id == SHIPPED else store().snapshot_steps(run_id)[0]
        before, now = spatial_autocorrelation(
            np.stack([snapshot.picture(run_id, first, layer, neuron), own])
        ).tolist()
        began = "" if run_id == SHIPPED else f", initially {before:.2f}"
        said = f"{now:.2f}{began} (0: noise, 1: strokes)"
        facts.append(("Spatial autocorrelation", said.replace("-", "−")))
    return facts


def seen(run_id: str, step: int) -> str:
    """How far the network was trained at this snapshot."""
    if run_id == SHIPPED:
        return "fully trained"
    return f"after {store().snapshot(run_id, step).samples_seen:,} images" if step else "untrained"


def _extremes(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    seen = snapshot.tested(run_id, layer)
    z = snapshot.layer_sums(run_id, step, layer)[:, neuron]
    chosen = np.concatenate(top_activating.top_activating(z, min(EXAMPLES, len(seen))))
    return {
        "labels": [int(label) for label in seen.labels[chosen]],
        "images": text(seen.images[chosen]),
    }


def _said(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    network, labels = snapshot.network(run_id, step), snapshot.tested(run_id, layer).labels
    z = snapshot.layer_sums(run_id, step, layer)
    if pre_activations.is_output(network, layer):
        y = pre_activations.activations(network, layer, z)[:, neuron]
    else:
        y = pre_activations.activations(network, layer, z[:, neuron : neuron + 1])[:, 0]
    found = top_activating.activation_histogram(y, labels)
    totals = found.counts.sum(axis=1, keepdims=True)
    means = [float(y[labels == d].mean()) if n else 0.0 for d, [n] in enumerate(totals.tolist())]
    return {
        "low": 0.0 if abs(found.edges[0]) < found.edges[-1] / 1000 else float(found.edges[0]),
        "high": float(found.edges[-1]),
        "shares": (found.counts / np.maximum(totals, 1)).round(4).tolist(),
        "caption": "From the lowest to the highest activation. High: many images of that digit.",
        "description": "Mean activation: "
        + ", ".join(f"{d}: {mean:.2g}" for d, mean in enumerate(means)),
    }


def _outgoing(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    network = snapshot.network(run_id, step)
    spoken = weight_maps.outgoing_weights(network.parameters, network.sizes, layer, neuron)
    shown = np.sort(np.argsort(-np.abs(spoken), kind="stable")[:BARS])
    last = layer == len(network.sizes) - 3
    whom = "digits" if last else f"neurons of hidden layer {layer + 2}"
    part = "" if len(shown) == len(spoken) else f", the {BARS} largest of {len(spoken):,}"
    values = np.nan_to_num(spoken[shown], posinf=0, neginf=0).round(3)
    return {
        "labels": [str(n) for n in shown],
        "values": values.tolist(),
        "caption": f"Weights to the {whom}{part}: positive (blue) or negative (red).",
        "description": ", ".join(f"{n}: {v:.2f}" for n, v in zip(shown, values, strict=True)),
    }


def _without(run_id: str, step: int, layer: int, neuron: int) -> dict[str, Any]:
    off = snapshot.scores_without(run_id, step, layer, neuron)  # says why, where it cannot be
    base = snapshot.scores(run_id, step, layer)
    change = np.nan_to_num(off.accuracy_per_digit - base.accuracy_per_digit)
    worst = np.argsort(change, kind="stable")[:2]
    hurt = [f"{d}s ({100 * change[d]:+.1f} points)" for d in worst if change[d] < -NOTICED]
    whom = f"This affects the {' and the '.join(hurt)} most." if hurt else "No digit needs it."
    return {
        "labels": [str(d) for d in range(10)],
        "values": (100 * change).round(2).tolist(),
        "caption": f"Without it the test accuracy is {off.accuracy:.2%} instead of "
        f"{base.accuracy:.2%}. {whom}".replace("-", "−"),
    }


def _life(run_id: str, layer: int, neuron: int) -> dict[str, Any]:
    if run_id == SHIPPED:
        raise UserError(
            "No snapshots of the pretrained model were kept. Train your own network to see how its "
            "neurons learn."
        )
    found = weights.weight_history(store(), run_id, layer, neuron)
    return {"samples_seen": found.samples_seen, "tiles": text(quantize(found.images)[1])}
