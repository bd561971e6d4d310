"""The weight wall: the incoming weights of a layer's neurons as small images, live."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from nn.errors import UserError
from nn.runs import load_network
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, State
from pages.components.register import component
from pages.server import wire
from pages.server.shared_store import store

KEY = "weight_wall"

_show = component("weight_wall")


def weight_wall(
    run: Run | None,
    spec: RunSpec,
    options: Mapping[str, Any] | None = None,
    on_open: Callable[[int], None] = lambda neuron: None,
) -> int | None:
    """The first layer's weights of a run, live; before its first step, or without a run, those
    that it, or ``spec``, begins with. → the neuron that has just been opened, if one has.

    options: "mode" ("weights", their change since "initial" or "previous", "fixed": the tiles
    given here), "tiles" (see pages.server.wire; Base64) with the "step" and "samples_seen" of
    their snapshot, "can_open" (whether a click opens a neuron), "neurons" (in the layer), "order"
    (those to show), "badges" and "notes" (a text for each neuron, or ""), "selected", "subject"
    (what is shown, for the caption), "has_details_panel" (the selected neuron is shown beside the
    wall), "reserved_height" (pixels of the screen around the wall). ``on_open`` is called with the
    neuron before the script runs.
    """
    if run:
        spec = run.spec
    given = dict(options or {})
    if "tiles" not in given and (not run or run.state is State.QUEUED):
        given["tiles"] = initial_tiles(spec)
    defaults = {
        "run": run and run.id,
        "tiles": None,
        "neurons": spec.sizes[1],
        "mode": "weights",
        "can_open": run is not None,
    }
    opened: int | None = _show(
        key=KEY,
        data=defaults | given,
        on_opened_change=lambda: on_open(st.session_state[KEY].opened),
    ).opened
    return opened


@st.cache_data(max_entries=32, show_spinner=False)
def initial_tiles(spec: RunSpec) -> str:
    """The tiles of the network with which a run begins, in Base64 (see pages.server.wire)."""
    network, _, _ = spec.build()
    if spec.init_from:
        with suppress(UserError):  # then its run will say so
            network.parameters[...] = load_network.initial_parameters(store(), spec)
    return base64.b64encode(wire.pack_first_layer(network.parameters, spec.sizes)).decode()
