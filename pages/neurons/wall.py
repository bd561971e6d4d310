"""The weight wall of the Neurons page: any layer's weights, their change or gradient, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.neurons.weight_tiles import quantize
from nn.errors import UserError
from pages.common.text import plain
from pages.neurons import analysis
from pages.neurons.details import base64_of
from pages.server import wire
from pages.server.networks import PRETRAINED_ID
from pages.server.shared_store import store

# What the wall shows, for its caption; {}: the layer.
SUBJECTS = {
    "weights": "{} weights",
    "initial": "Change since initialization in the {} weights",
    "previous": "Change since the previous snapshot in the {} weights",
    "gradient": "Negative gradient of the test loss with respect to the {} weights",
}


def options(
    run_id: str, steps: Sequence[int], step: int, layer: int, mode: str, by: str, only: str
) -> dict[str, Any]:
    """The options of weight_wall. mode, by, only: as in pages.neurons.controls."""
    sizes = analysis.spec_of(run_id).sizes
    is_fixed = layer > 0 or mode == "gradient" or run_id == PRETRAINED_ID
    subject = SUBJECTS[mode].format(_layer_adjective(sizes, layer))
    wall = {
        "neurons": sizes[layer + 1],
        "mode": "fixed" if is_fixed else mode,
        "can_open": True,
        "subject": subject[0].upper() + subject[1:] + " (projected to pixel space)" * (layer > 0),
        "has_details_panel": True,
        **_tiles(run_id, steps, step, layer, mode),
    }
    try:
        wall |= _order_and_badges(run_id, step, layer, by, only)
    except UserError as error:
        if (by, only) != ("index", "all"):
            st.caption(plain(str(error)))
    return wall


def _layer_adjective(sizes: Sequence[int], layer: int) -> str:
    if layer == len(sizes) - 2:
        return "output-layer"
    return "first-layer" if layer == 0 else f"layer-{layer + 1}"


def _tiles(run_id: str, steps: Sequence[int], step: int, layer: int, mode: str) -> dict[str, Any]:
    """The tiles that the browser cannot compute, or not as exactly, from the snapshots it has."""
    if mode == "weights" and not layer and run_id != PRETRAINED_ID:
        return {"tiles": None}
    if mode == "gradient":
        try:
            scales, tiles = analysis.negative_gradient(run_id, step)
        except UserError as error:
            st.caption(plain(str(error)))
            return {"tiles": None}
    elif mode == "weights":
        scales, tiles = quantize(analysis.wall_maps(run_id, step, layer))
    else:
        since = steps[0] if mode == "initial" else steps[max(0, steps.index(step) - 1)]
        scales, tiles = analysis.weight_change(run_id, step, layer, since)
    packed = {"tiles": base64_of(np.frombuffer(wire.pack_tiles(scales, tiles), np.uint8))}
    if run_id == PRETRAINED_ID:
        return packed | {"step": 1, "samples_seen": None}  # step 0 would mean untrained
    samples_seen = store().snapshot(run_id, step).samples_seen
    return packed | {"step": step, "samples_seen": samples_seen}


def _order_and_badges(run_id: str, step: int, layer: int, by: str, only: str) -> dict[str, Any]:
    statistics = analysis.layer_statistics(run_id, step, layer)
    originals = analysis.duplicates(run_id, step, layer).tolist()
    badges = [""] * len(originals)
    notes = [f"preferred digit {statistics.preferred_class[n]}" for n in range(len(originals))]
    for n, original in enumerate(originals):
        if statistics.dead[n]:  # a dead neuron counts as no duplicate
            badges[n], notes[n] = "dead", "dead: the same output for every image"
        elif original != n:
            badges[n], notes[n] = f"= {original}", f"a duplicate of neuron {original}"
    groups = {"": "unique", "dead": "dead"}  # by badge; all other badges are of duplicates
    order = [
        n
        for n in analysis.wall_order(run_id, step, layer, by)
        if only in ("all", groups.get(badges[n], "duplicates"))
    ]
    is_default = by == "index" and only == "all"
    return {"order": None if is_default else order, "badges": badges, "notes": notes}
