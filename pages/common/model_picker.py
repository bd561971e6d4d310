"""Readers: the network that reads the drawing, chosen among all there are."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from nn.data.preprocess.pipeline import Preprocessed
from nn.models import pretrained
from nn.network import Network
from nn.runs import load_network
from nn.runs.store.store import Run
from pages.draw import state as draw_state
from pages.server.shared_store import store

MOST = 200  # newest runs to choose from
NEWS = 2  # seconds after which the list is read again: every stroke asks for it
SHIPPED = ""  # in place of a run's id: the pretrained model that comes with the program


class Reader(NamedTuple):
    key: str  # of the widgets that belong to it
    name: str
    moment: str  # RUN@STEP; "" of the pretrained model
    own: Network | None  # the run's network

    @property
    def network(self) -> Network:
        return self.own or pretrained.network()

    def read(self, seen: Preprocessed) -> pretrained.Prediction:
        return pretrained.predict(seen, self.own)


PRETRAINED = Reader("model", "Pretrained model", "", None)


def choose(label: str, key: str) -> Reader:
    """Ask which network reads, and as it was at which moment of its run."""
    chosen, runs = st.session_state.get(key, SHIPPED), _runs()
    if chosen != SHIPPED and (chosen not in runs or not store().snapshot_samples_seen(chosen)):
        _runs.clear()  # it has been deleted, or has only just begun
        runs = _runs()
    if chosen not in (SHIPPED, *runs):
        st.warning("The run that was reading has been deleted: the pretrained model reads instead.")
        st.session_state[key] = SHIPPED
    run_id = st.selectbox(
        label,
        [SHIPPED, *runs],
        format_func=lambda at: _words(runs[at]) if at else PRETRAINED.name,
        key=key,
        label_visibility="collapsed",
    )
    if run_id == SHIPPED:
        return PRETRAINED._replace(key=key)
    run = runs[run_id]
    step = _moment(store().snapshot_samples_seen(run_id), _moment_key(key, run_id))
    moment = f"{run_id}@{step}"
    return Reader(key, run.name, moment, network(moment))


def prefer(run_id: str, step: int | None) -> None:
    """Let the run read, as it was at the step; None: at its newest moment."""
    [key, *_] = draw_state.MODELS
    st.session_state[key] = run_id
    if step is not None:
        st.session_state[_moment_key(key, run_id)] = step


def _moment_key(key: str, run_id: str) -> str:
    return f"{key} moment {run_id}"


@st.cache_data(ttl=NEWS, show_spinner=False)
def _runs() -> dict[str, Run]:
    """Those that have learned something, newest first."""
    return {run.id: run for run in store().runs()[:MOST] if run.samples_seen}


def _words(run: Run) -> str:
    read = "" if run.test_accuracy is None else f", reads {run.test_accuracy:.1%}"
    return f"{run.name} ({'-'.join(map(str, run.spec.sizes))}{read})"


def _moment(frames: dict[int, int], key: str) -> int:
    """Ask for one of the kept frames; its step."""
    steps = list(frames)
    if len(steps) < 2:
        return steps[-1]
    if st.session_state.get(key) not in steps:  # old runs may lose some
        st.session_state[key] = steps[-1]
    return st.select_slider(
        "As it was after",
        steps,
        format_func=lambda step: f"{frames[step]:,} digits" if step else "no digit yet",
        key=key,
        help="The moments of its learning that were kept. Further left it has seen fewer digits "
        "and knows less.",
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def network(moment: str) -> Network:
    """The network of a kept frame, RUN@STEP. Raises UserError when there is none."""
    return load_network.load(store(), moment).network
