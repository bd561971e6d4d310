"""Comparison: a neuron's weights beside another neuron's, another snapshot's or another run's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.neurons.similarity import cosine_similarity
from nn.runs.store.store import Run
from pages.common import state
from pages.common.labeled_selectbox import labeled_selectbox
from pages.common.model_picker import run_label
from pages.common.snapshot_slider import snapshot_slider
from pages.components.neuron_comparison import neuron_comparison
from pages.neurons import analysis, details
from pages.server.networks import PRETRAINED_ID
from pages.server.shared_store import store

NEURON, SNAPSHOT, RUN = "neuron", "snapshot", "run"

Other = tuple[list[str], NDArray[np.float32]]  # the titles of both, and the other weight map (784,)


def show(run_id: str, steps: Sequence[int], step: int, layer: int, neuron: int) -> None:
    """Ask what to compare the neuron with, and show both with their difference."""
    name = details.title(analysis.spec_of(run_id).sizes, layer, neuron)
    options = [NEURON, RUN] if run_id == PRETRAINED_ID else [NEURON, SNAPSHOT, RUN]
    kind = st.segmented_control(
        f"Compare {name[0].lower()}{name[1:]} with another", options, key=f"compare {len(options)}"
    )
    if kind == NEURON:
        other = _other_neuron(run_id, step, layer, neuron)
    elif kind == SNAPSHOT:
        other = _other_snapshot(run_id, steps, step, layer, neuron)
    else:
        other = _other_run(run_id, step, layer, neuron) if kind else None
    if not other:
        return
    titles, other_map = other
    weight_map = analysis.weight_map(run_id, step, layer, neuron)
    neuron_comparison(details.compared(titles, weight_map, other_map))
    both = np.nan_to_num(np.stack([weight_map, other_map]), posinf=0, neginf=0)
    st.caption(
        f"Similarity (cosine) {cosine_similarity(both)[0, 1]:.2f}: 1 means the same pattern, 0 "
        "nothing in common."
    )


def _other_neuron(run_id: str, step: int, layer: int, neuron: int) -> Other | None:
    sizes = analysis.spec_of(run_id).sizes
    last = sizes[layer + 1] - 1
    if not last:
        st.caption("This layer has no other neuron.")
        return None
    other = int(
        st.number_input("Other neuron", 0, last, min(neuron + 1, last), key="other", width=240)
    )
    titles = [details.title(sizes, layer, each) for each in (neuron, other)]
    return titles, analysis.weight_map(run_id, step, layer, other)


def _other_snapshot(
    run_id: str, steps: Sequence[int], step: int, layer: int, neuron: int
) -> Other | None:
    if len(steps) == 1:
        st.caption("This run has only one snapshot.")
        return None
    other = _slider(run_id, steps, steps[0])
    titles = [details.progress(run_id, each) for each in (step, other)]
    return titles, analysis.weight_map(run_id, other, layer, neuron)


def _other_run(run_id: str, step: int, layer: int, neuron: int) -> Other | None:
    runs = {
        run.id: run
        for run in store().runs()
        if run.id != run_id and run.step and _has_neuron(run, layer, neuron)
    }
    if not runs:
        st.caption("No other run has this neuron.")
        return None
    key = f"compared run {run_id}"
    state.keep_valid(key, runs, next(iter(runs)))
    other = state.value(key)
    labels = {run.id: run_label(run) for run in runs.values()}
    labeled_selectbox(
        "Other run", labels, other, f"{key} picker",
        lambda chosen: state.set_value(key, chosen), width=420,
    )  # fmt: skip
    run = runs[other]
    steps = [step for step in store().snapshot_steps(run.id) if step <= run.step]
    other_step = _slider(run.id, steps, steps[-1])
    titles = [_model_title(run_id, step), _model_title(run.id, other_step)]
    return titles, analysis.weight_map(run.id, other_step, layer, neuron)


def _slider(run_id: str, steps: Sequence[int], default: int) -> int:
    samples_seen = store().snapshot_samples_seen(run_id)
    kept = {step: samples_seen[step] for step in steps if step in samples_seen}
    return snapshot_slider("Other snapshot", kept, f"compared snapshot {run_id}", default)


def _model_title(run_id: str, step: int) -> str:
    name = "pretrained model" if run_id == PRETRAINED_ID else store().run(run_id).name
    return f"{name}, {details.progress(run_id, step)}"


def _has_neuron(run: Run, layer: int, neuron: int) -> bool:
    sizes = run.spec.sizes
    return layer < len(sizes) - 1 and neuron < sizes[layer + 1]
