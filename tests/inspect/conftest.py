"""What the tests of inspection share: networks of every kind, and runs that take a moment."""

from __future__ import annotations

import numpy as np
import pytest

from nn.layers import ACTIVATIONS, OUTPUTS
from nn.network import Network, views
from nn.runs import worker
from nn.runs.spec import RunSpec
from nn.runs.store import RunStore

SHAPES = [(), (1,), (7,), (6, 1, 5, 4, 3)]  # of hidden layers
KINDS = [(activation, output) for activation in ACTIVATIONS for output in OUTPUTS]


def make(hidden=(7,), activation="relu", output="softmax", seed=0):
    """A network of random weights and biases."""
    network = Network((784, *hidden, 10), activation, output)
    rng = np.random.default_rng(seed)
    for W, b in views(network.parameters, network.sizes):
        W[...] = rng.standard_normal(W.shape) / np.sqrt(len(W))
        b[...] = rng.standard_normal(b.shape) / 3
    return network


def diverged(hidden=(7,)):
    network = make(hidden)
    network.parameters[:20000] = np.inf
    return network


@pytest.fixture(scope="session")
def record(tmp_path_factory):
    """``record(hidden…)`` → (store, run): one epoch of 40 steps, in a store of its own."""

    def run(*hidden, **fields):
        folder = tmp_path_factory.mktemp("inspect")
        store = RunStore(f"sqlite:///{folder / 'store.sqlite3'}")
        spec = {"batch": 380, "epochs": 1, "data": "strokes", "validation": 1000} | fields
        name = spec.pop("name", "")
        made = store.create(RunSpec(hidden=hidden, **spec), name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(worker, "available_cores", lambda: 1)
            for _ in worker.work(store, made.id):
                pass
        return store, store.run(made.id)

    return run


@pytest.fixture(scope="session")
def recorded(record):
    """(store, run): 6 neurons, finished."""
    return record(6)
