"""Readers: the network that reads the drawing, chosen among all there are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from nn.layers import Array
from nn.network import Network
from nn.runs import model
from nn.runs.store import Run, RunStore
from pages.parts import session
from pages.parts.recorded import store
from pages.parts.text import plain

MOST = 200  # newest runs to choose from


class Answer(NamedTuple):
    probabilities: Array  # (10,)
    refused: bool = False  # it looks like no digit at all


class Reader(NamedTuple):
    name: str
    network: Network
    run: Run | None  # None: what ships with Digitscope

    def read(self, image: Array) -> Answer:
        """image: (28, 28) uint8 in MNIST's frame."""
        return self.read_all(image[np.newaxis])[0]

    def read_all(self, images: Array) -> list[Answer]:
        """images: (n, 28, 28) uint8 in MNIST's frame."""
        return [Answer(row) for row in self.network.probabilities(images)]


def choose(label: str, key: str) -> Reader | None:
    """Ask which network reads, and as it was when; None where there is none."""
    runs = {run.id: run for run in store().runs()[:MOST] if run.step}
    if not runs:
        return None
    chosen = st.session_state.get(key)
    if chosen is not None and chosen not in runs:
        st.warning("The run that was reading has been deleted. Another network reads now.")
        del st.session_state[key]
    run_id = st.selectbox(label, list(runs), format_func=lambda at: _words(runs[at]), key=key)
    run = runs[run_id]
    step = _moment(run, f"{key} moment {run_id}")
    return Reader(run.name, _network(store(), run_id, step, run.step), run)


def _words(run: Run) -> str:
    read = "" if run.test_accuracy is None else f", reads {run.test_accuracy:.1%}"
    return f"{run.name} ({'-'.join(map(str, run.spec.sizes))}{read})"


def _moment(run: Run, key: str) -> int | None:
    """A kept frame's step; None: as it is now."""
    frames = store().frame_samples(run.id)
    if len(frames) < 2:
        return None
    steps = list(frames)
    step = st.select_slider(
        "When",
        steps,
        steps[-1],
        format_func=lambda at: f"{frames[at]:,} digits seen" if frames[at] else "before learning",
        key=key,
        help="The network as it was at this moment of its run: drag to the left to see it know "
        "less.",
    )
    return None if step == steps[-1] else step
