"""The model picker: the pretrained model or a recorded run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import streamlit as st

from nn.data.preprocess.pipeline import Preprocessed
from nn.models import pretrained
from nn.network import Network
from nn.runs import spec
from nn.runs.store.store import Run
from pages.common import state, url_state
from pages.common.labeled_selectbox import labeled_selectbox
from pages.common.numbers import percent
from pages.common.snapshot_slider import snapshot_slider
from pages.server.networks import PRETRAINED_ID, network_at, rejection_rule
from pages.server.shared_store import newest_runs, store

CACHE_SECONDS = 2  # every stroke on Draw asks for the runs
IN_VIEW = "model in view"  # key of the picker on Neurons and Mistakes
ON_DRAW = "first model"  # and of the one on Draw


class Model(NamedTuple):
    """A run's network at a snapshot, or the pretrained model."""

    key: str  # of its picker
    name: str
    run_id: str = PRETRAINED_ID
    step: int = 0
    is_live: bool = False  # the newest snapshot of a run in training

    @property
    def network(self) -> Network:
        return network_at(self.run_id, self.step)

    @property
    def live_key(self) -> tuple[str, int | None]:
        """Run and step for pages.server.live_prediction."""
        return self.run_id, None if self.is_live else self.step

    @property
    def init_from(self) -> str:
        """As a RunSpec names the network to start from."""
        return f"{self.run_id}@{self.step}" if self.run_id else spec.PRETRAINED

    def predict(self, image: Preprocessed) -> pretrained.Prediction:
        return pretrained.predict(image, self.network, rejection_rule(self.run_id))


PRETRAINED = Model("", "Pretrained model")


def choose_in_view() -> Run | None:
    """Ask for the model that Neurons and Mistakes show; None: the pretrained model."""
    run = state.model_in_view()
    runs = {each.id: each for each in newest_runs()}
    if run:
        runs.setdefault(run.id, run)
    chosen = run.id if run else PRETRAINED_ID
    _selectbox("Model", runs, chosen, IN_VIEW, lambda run_id: state.view_model(runs.get(run_id)))
    return run


def choose(label: str, key: str, parameter: str, default: str = PRETRAINED_ID) -> Model:
    """Ask for a model and, for a run, a snapshot.

    key: of the choice, a run's id; parameter: of the URL, in which it survives a reload; default:
    the first choice.
    """
    runs = dict(_trained_runs(store().trained_count()))
    linked = url_state.read(parameter, default)
    state.initialize(key, PRETRAINED_ID if linked == spec.PRETRAINED else linked)
    run_id = state.value(key)
    if run_id and not store().snapshot_samples_seen(run_id):
        runs.pop(run_id, None)
        st.warning(
            "The run you chose was deleted, or has not been trained yet. "
            "Showing the pretrained model instead."
        )
    elif run_id and run_id not in runs:  # older than those that the list shows
        runs[run_id] = store().run(run_id)
    state.keep_valid(key, [PRETRAINED_ID, *runs], PRETRAINED_ID)
    run_id = state.value(key)
    _selectbox(label, runs, run_id, f"{key} picker", lambda chosen: state.set_value(key, chosen))
    is_default = run_id == default == PRETRAINED_ID
    url_state.write(parameter, None if is_default else run_id or spec.PRETRAINED)
    if run_id == PRETRAINED_ID:
        return PRETRAINED._replace(key=key)
    samples_seen = store().snapshot_samples_seen(run_id)
    newest = list(samples_seen)[-1]
    slider = _snapshot_key(key, run_id)
    if state.value(slider) == state.value(f"{slider} newest"):
        state.set_value(slider, newest)  # the slider stays at the end while the run trains
    state.set_value(f"{slider} newest", newest)
    step = snapshot_slider("Snapshot", samples_seen, slider, newest)
    is_live = step == newest and store().run(run_id).state.active
    return Model(key, runs[run_id].name, run_id, step, is_live)


def other_than(model: Model) -> str:
    """The id of another model to compare with: the newest run, or the pretrained model."""
    if model.run_id:
        return PRETRAINED_ID
    return next(iter(_trained_runs(store().trained_count())), PRETRAINED_ID)


def select(key: str, run_id: str, step: int | None) -> None:
    """Choose a run in the picker ``key``, at a snapshot; None: the newest."""
    state.set_value(key, run_id)
    if step is not None:
        state.set_value(_snapshot_key(key, run_id), step)


def run_label(run: Run) -> str:
    """name · 784-128-10 · 97.4 % test accuracy"""
    return _label(run.name, run.spec.sizes, run.test_accuracy)


def _label(name: str, sizes: Iterable[int], test_accuracy: float | None) -> str:
    parts = [name, "-".join(map(str, sizes))]
    if test_accuracy is not None:
        parts.append(f"{percent(test_accuracy)} test accuracy")
    return " · ".join(parts)


def _selectbox(
    label: str, runs: Mapping[str, Run], chosen: str, key: str, on_choose: Callable[[str], None]
) -> None:
    network, accuracy = pretrained.network(), pretrained.test_accuracy()
    labels = {PRETRAINED_ID: _label(PRETRAINED.name, network.sizes, accuracy)}
    labels |= {run.id: run_label(run) for run in runs.values()}
    labeled_selectbox(label, labels, chosen, key, on_choose)


def _snapshot_key(key: str, run_id: str) -> str:
    return f"{key} snapshot {run_id}"


@st.cache_data(ttl=CACHE_SECONDS, show_spinner=False)
def _trained_runs(count: int) -> dict[str, Run]:
    """The runs that have started to train, newest first. count: of them; another one is a reason
    to ask again at once."""
    return {run.id: run for run in newest_runs() if run.samples_seen}
