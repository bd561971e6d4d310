from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import update

from nn.errors import UserError
from nn.models import checkpoint, weights_file
from nn.runs.load_network import checkpoint_network, find_model, latest_finished, load
from nn.runs.store import schema
from nn.runs.store.store import RunStore, State
from nn.runs.worker.loop import work
from nn.runs.worker.snapshot_schedule import to_float16


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, quick):
    """(store, run): a finished run named "trained"."""
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('model') / 'store.sqlite3'}")
    run = store.create(replace(quick, activation="sigmoid"), "trained")
    for _ in work(store, run.id):
        pass
    return store, store.run(run.id)


def put(store, run, **values):
    with store.writing() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == run.id).values(**values))


def test_a_run_by_id_prefix_or_name_loads_its_checkpoint(recorded):
    store, run = recorded
    network, _, optimizer = run.spec.build()
    checkpoint.unpack(store.checkpoint(run.id), network.parameters, optimizer, network.sizes)
    for text in (run.id, run.id[:6], "trained"):
        loaded, found, step = load(store, text)
        assert (found, step) == (run, run.step)
        assert (loaded.sizes, loaded.activation) == ((784, 8, 10), "sigmoid")
        np.testing.assert_array_equal(loaded.parameters, network.parameters)


def test_a_run_at_a_step_loads_that_snapshot(recorded):
    store, run = recorded
    untrained, found, step = load(store, "trained@0")
    assert (found, step, untrained.activation) == (run, 0, "sigmoid")
    np.testing.assert_array_equal(untrained.parameters, to_float16(run.spec.build()[0].parameters))
    last = load(store, f"{run.id}@{run.step}").network
    np.testing.assert_array_equal(
        last.parameters, to_float16(checkpoint_network(store, run).parameters)
    )


def test_a_file_is_distinguished_from_a_run_by_its_extension(recorded, tmp_path, monkeypatch):
    store, run = recorded
    monkeypatch.setenv("DIGITSCOPE_STORE", store.url)
    network = checkpoint_network(store, run)
    weights_file.write(network, tmp_path / "exported.npz", {})
    for text, expected in ((str(tmp_path / "exported.npz"), None), ("trained", run)):
        found = find_model(text)
        assert found.run == expected
        np.testing.assert_array_equal(found.network.parameters, network.parameters)
    with pytest.raises(UserError, match="no run 'yours'"):
        find_model("yours")


@pytest.mark.parametrize("step", ["", "x", "-1", "1.5", "²", "99", "9" * 20])
def test_a_step_without_a_snapshot_is_rejected_with_a_message(recorded, step):
    store, _ = recorded
    with pytest.raises(UserError, match=r"snapshot.*\.$"):
        load(store, f"trained@{step}")


def test_a_run_without_a_checkpoint_is_rejected_with_a_message(store, quick):
    store.create(quick, "new")
    with pytest.raises(UserError, match="new has no checkpoint yet: it is queued"):
        load(store, "new")


def test_without_a_finished_run_there_is_no_latest_run(store, quick):
    put(store, store.create(quick), state=State.STOPPED, test_accuracy=0.99)
    assert latest_finished(store) is None


def test_the_latest_run_is_the_one_that_finished_last(store, quick):
    runs = [store.create(quick) for _ in range(3)]
    for run in runs:
        put(store, run, state=State.FINISHED)
    put(store, store.create(quick), state=State.RUNNING)
    for run in (runs[0], runs[2], runs[1]):  # the order in which they ended
        put(store, run, heartbeat=time.time())
    assert latest_finished(store).id == runs[1].id
