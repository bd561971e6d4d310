"""Reads: what a network of the store answers to a set of pictures, remembered while it is seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from nn.analysis.predictions.forgetting import Bools
from nn.analysis.predictions.predict import Predictions, predict, predicted_digits
from nn.models import pretrained
from nn.network import Network, parameter_count
from nn.runs import load_network
from nn.runs.history.weights import evenly_spaced
from nn.runs.store.store import Run
from pages.common.test_set import Pictures
from pages.server.shared_store import store


class Moment(NamedTuple):
    run: str  # its id
    step: int  # of a kept frame


SHIPPED = Moment("", 0)  # the pretrained model that comes with the program


def reading(moment: Moment, pictures: Pictures) -> Predictions:
    """Raises UserError for a frame that is gone, and for a network that has diverged."""
    return _reading(moment, pictures.key, pictures)


@st.cache_resource(max_entries=48, show_spinner=False)  # of 10,000 pictures each takes 0.5 MB
def _reading(moment: Moment, key: str, _pictures: Pictures) -> Predictions:
    return predict(_network(moment), _pictures.data.images, _pictures.data.labels)


def right(moment: Moment, pictures: Pictures) -> Bools:
    """Which of the pictures are read right, (n,). Raises UserError for a frame that is gone."""
    return _right(moment, pictures.key, pictures)


@st.cache_resource(max_entries=1024, show_spinner=False)  # of 10,000 pictures each takes 10 kB
def _right(moment: Moment, key: str, _pictures: Pictures) -> Bools:
    data = _pictures.data
    found: Bools = predicted_digits(_network(moment), data.images) == data.labels
    return found


def _network(moment: Moment) -> Network:
    if moment == SHIPPED:
        return pretrained.network()
    return load_network.network_at(store(), moment.run, moment.step)


@st.cache_data(max_entries=4096, show_spinner=False)
def samples_seen(moment: Moment) -> int:
    """Digits seen by then. Raises UserError for a frame that is gone."""
    return store().snapshot(moment.run, moment.step).samples_seen


def moments(
    run: Run, steps: list[int], until: int, pictures: Pictures, most: int, work: float
) -> list[Moment]:
    """At most so many of the run's kept frames ``steps``, evenly chosen, up to ``until`` and with
    it; fewer where reading them all would take more than ``work`` multiplications."""
    each = len(pictures.data) * parameter_count(run.spec.sizes)
    chosen = evenly_spaced(steps, max(2, min(most, int(work / each))))
    return [Moment(run.id, step) for step in sorted({*(s for s in chosen if s < until), until})]


def accuracies(right: Bools, labels: np.ndarray) -> list[float | None]:
    """right: (n,), labels: (n,) → the share read right of all, then of each digit; None: no such
    picture."""
    total = np.bincount(labels, minlength=10)
    good = np.bincount(labels[right], minlength=10)
    return [
        float(right.mean()),
        *(g / t if t else None for g, t in zip(good.tolist(), total.tolist(), strict=True)),
    ]
