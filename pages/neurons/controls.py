"""The controls of the Neurons page: layer, what to show, order, filter, and comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.neurons.similarity import cosine_similarity
from nn.analysis.neurons.weight_tiles import quantize
from nn.errors import UserError
from nn.runs.store.store import Run
from pages.common import snapshot, state
from pages.common.snapshot import SHIPPED
from pages.common.text import plain
from pages.components.neuron_comparison import neuron_comparison
from pages.neurons import details
from pages.neurons import state as neurons_state
from pages.server import wire
from pages.server.shared_store import store

SECONDS = 2.0  # between two looks whether a run has changed its state
WIDTH = 171  # pixels of a choice: two beside each other on a phone 390 wide

MODES = {
    "weights": "weights",
    "start": "change since start",
    "previous": "latest change",
    "gradient": "negative gradient",
}
# What the wall shows, for its caption; {}: the layer.
SUBJECTS = {
    "weights": "{} weights",
    "start": "Change of the {} weights since initialization",
    "previous": "Change of the {} weights since the previous snapshot",
    "gradient": "Negative gradient of the test loss with respect to the {} weights",
}
WALL_MODES = {"weights": "weights", "start": "initial", "previous": "previous"}
ORDERS = {
    "index": "number",
    "weight_norm": "weight norm",
    "activation_rate": "activation rate",
    "preferred_digit": "preferred digit",
    "similarity": "similarity",
}
ONLY = {
    "all": "all",
    "dead": "dead",
    "twins": "duplicates",
    "others": "unique",
}
BESIDE = ("neuron", "snapshot", "run")


def watch(run: Run, steps: Sequence[int]) -> None:
    """See that the page is drawn anew when a run that is under way changes its state, has its
    first kept moment or ends an epoch."""
    if run.state.active:
        _watch(run, not steps)


@st.fragment(run_every=SECONDS)
def _watch(run: Run, empty: bool) -> None:
    now = store().run(run.id)
    if (now.state, now.epoch) != (run.state, run.epoch) or (empty and now.step):
        st.rerun()


def layer_name(sizes: Sequence[int], layer: int) -> str:
    count = sizes[layer + 1]
    if layer == len(sizes) - 2:
        return "output (10)"
    if len(sizes) == 3:
        return f"hidden layer ({count:,})"
    return f"hidden {layer + 1} ({count:,})"


def layer(sizes: Sequence[int]) -> int:
    """Counted from 0; in the address from 1."""
    layers = range(1, len(sizes))
    neurons_state.recall_layer(layers)
    chosen = st.selectbox(
        "Layer",
        layers,
        format_func=lambda number: layer_name(sizes, number - 1),
        key=neurons_state.LAYER,
        width=WIDTH,
    )
    state.write(neurons_state.LAYER, None if chosen == 1 else chosen)
    return chosen - 1


def mode(steps: Sequence[int], layer: int) -> str:
    """steps: of the kept frames; between fewer than two nothing changes."""
    changes = ("start", "previous") if len(steps) < 2 else ()
    modes = [mode for mode in MODES if mode not in changes and (layer == 0 or mode != "gradient")]
    state.forget_unless("mode", modes)
    help = (
        "Weights: blue is positive, red is negative. Latest change: since the previous snapshot. "
        "Gradient: the direction in which the test images would change each weight, that is, the "
        "negative gradient of the loss."
    )
    return _one_of("Show", "mode", {name: MODES[name] for name in modes}, help)


def order() -> str:
    return _one_of(
        "Sort by", "sort", ORDERS, "Similarity puts neurons with similar weights side by side."
    )


def only() -> str:
    help = (
        "Dead: the same output for every image. Duplicates: nearly the same weights as another "
        "neuron. Unique: neither."
    )
    return _one_of("Neurons", "only", ONLY, help)


def _one_of(label: str, key: str, names: dict[str, str], help: str) -> str:
    chosen = st.selectbox(
        label, list(names), format_func=names.get, key=key, help=help, bind="query-params",
        width=WIDTH,
    )  # fmt: skip
    return chosen or next(iter(names))


def neuron(sizes: Sequence[int], layer: int) -> int:
    last = sizes[layer + 1] - 1
    if not last:
        return 0
    if neurons_state.neuron() > last:
        neurons_state.choose(last)
    label = "Digit" if layer == len(sizes) - 2 else "Neuron"
    chosen = st.number_input(
        f"{label}, 0 to {last:,}; or click one on the wall", 0, last, 0, key=neurons_state.NEURON,
        bind="query-params",
    )  # fmt: skip
    return int(chosen)


def wall(
    run_id: str, steps: Sequence[int], step: int, layer: int, mode: str, by: str, only: str
) -> dict[str, Any]:
    """The options of weight_wall."""
    sizes = snapshot.spec(run_id).sizes
    is_fixed = layer > 0 or mode == "gradient" or run_id == SHIPPED
    subject = SUBJECTS[mode].format(_layer_words(sizes, layer))
    told = {
        "neurons": sizes[layer + 1],
        "mode": "fixed" if is_fixed else WALL_MODES[mode],
        "can_open": True,
        "subject": subject[0].upper() + subject[1:] + " in pixel space" * (layer > 0),
        "has_details_panel": True,
        **_still(run_id, steps, step, layer, mode),
    }
    try:
        told |= _judged(run_id, step, layer, by, only)
    except UserError as error:
        if (by, only) != ("index", "all"):
            st.caption(plain(str(error)))
    return told


def _layer_words(sizes: Sequence[int], layer: int) -> str:
    if layer == len(sizes) - 2:
        return "output-layer"
    return "first-layer" if layer == 0 else f"layer-{layer + 1}"


def _still(run_id: str, steps: Sequence[int], step: int, layer: int, mode: str) -> dict[str, Any]:
    """The tiles that the browser cannot make, or not as exactly, of the frames it has."""
    if mode == "weights" and not layer and run_id != SHIPPED:
        return {"tiles": None}
    if mode == "gradient":
        try:
            scales, shown = snapshot.pull(run_id, step)
        except UserError as error:
            st.caption(plain(str(error)))
            return {"tiles": None}
    elif mode == "weights":
        scales, shown = quantize(snapshot.pictures(run_id, step, layer))
    else:
        before = steps[0] if mode == "start" else steps[max(0, steps.index(step) - 1)]
        scales, shown = snapshot.change(run_id, step, layer, before)
    return {
        "tiles": details.text(np.frombuffer(wire.pack_tiles(scales, shown), np.uint8)),
        "step": step if run_id != SHIPPED else 1,  # 0: before learning
        "samples_seen": store().snapshot(run_id, step).samples_seen if run_id != SHIPPED else None,
    }


def _judged(run_id: str, step: int, layer: int, by: str, only: str) -> dict[str, Any]:
    """Order, badges and notes of the neurons on the wall."""
    found = snapshot.layer_survey(run_id, step, layer)
    dead, serves = found.dead, found.preferred_class
    first = snapshot.originals(run_id, step, layer)
    order = snapshot.ordered(run_id, step, layer, by)
    badges, notes = [""] * len(first), [f"serves {serves[n]}s" for n in range(len(first))]
    for n, original in enumerate(first.tolist()):
        if dead[n]:
            badges[n], notes[n] = "dead", "dead: says the same to every picture"
        elif original != n:
            badges[n], notes[n] = f"= {original}", f"a duplicate of neuron {original}"
    # What a dead neuron is a duplicate of matters to nobody.
    wanted = {
        "all": lambda n: True,
        "dead": lambda n: dead[n],
        "twins": lambda n: badges[n].startswith("="),
        "others": lambda n: not badges[n],
    }[only]
    plainly = by == "index" and only == "all"
    return {
        "order": None if plainly else [n for n in order if wanted(n)],
        "badges": badges,
        "notes": notes,
    }


def compare(run_id: str, steps: Sequence[int], step: int, layer: int, neuron: int) -> None:
    """The chosen neuron beside another, itself at another moment, or its like in another run."""
    sizes = snapshot.spec(run_id).sizes
    name = details.title(sizes, layer, neuron)
    choices = [each for each in BESIDE if run_id != SHIPPED or each != BESIDE[1]]
    beside = st.segmented_control(
        f"Compare {name[0].lower()}{name[1:]} with another", choices, key=f"beside {len(choices)}"
    )
    if not beside:
        return
    own = snapshot.picture(run_id, step, layer, neuron)
    if beside == BESIDE[0]:
        last = sizes[layer + 1] - 1
        if not last:
            st.caption("This layer has no other neuron.")
            return
        other = st.number_input("Which one", 0, last, min(neuron + 1, last), key="other", width=240)
        titles = [name, details.title(sizes, layer, int(other))]
        found = snapshot.picture(run_id, step, layer, int(other))
    elif beside == BESIDE[1]:
        if len(steps) == 1:
            st.caption("This run has only one snapshot.")
            return
        then = _moment("Snapshot, in images seen", run_id, steps, steps[0])
        titles = [details.seen(run_id, at) for at in (step, then)]
        found = snapshot.picture(run_id, then, layer, neuron)
    else:
        run = _other_run(run_id, layer, neuron)
        if not run:
            return
        kept = [step for step in store().snapshot_steps(run.id) if step <= run.step]
        then = _moment("Snapshot, in images seen", run.id, kept, kept[-1])
        titles = [_named(run_id, step), _named(run.id, then)]
        found = snapshot.picture(run.id, then, layer, neuron)
    neuron_comparison(details.compared(titles, own, found))
    alike = cosine_similarity(np.nan_to_num(np.stack([own, found]), posinf=0, neginf=0))[0, 1]
    st.caption(f"Similarity (cosine) {alike:.2f}: 1 is the same pattern, 0 has nothing in common.")


def _moment(label: str, run_id: str, steps: Sequence[int], usual: int) -> int:
    """Ask for one of the kept frames ``steps``."""
    if len(steps) == 1:
        return usual
    key, samples_seen = f"then {run_id}", store().snapshot_samples_seen(run_id)
    state.forget_unless(key, steps)  # an old run may lose some
    return st.select_slider(
        label, steps, usual, key=key, format_func=lambda step: f"{samples_seen[step]:,}"
    )


def _named(run_id: str, step: int) -> str:
    name = "pretrained model" if run_id == SHIPPED else store().run(run_id).name
    return f"{name}, {details.seen(run_id, step)}"


def _other_run(run_id: str, layer: int, neuron: int) -> Run | None:
    """Ask for one of those that have this neuron, too."""
    others = {
        run.id: run
        for run in store().runs()
        if run.id != run_id and run.step and _has(run, layer, neuron)
    }
    if not others:
        st.caption("No other run has this neuron.")
        return None
    chosen = st.selectbox(
        "Which one", others, key=f"beside {run_id}", format_func=lambda id: others[id].name,
        width=320,
    )  # fmt: skip
    return others[chosen]


def _has(run: Run, layer: int, neuron: int) -> bool:
    sizes = run.spec.sizes
    return layer < len(sizes) - 1 and neuron < sizes[layer + 1]
