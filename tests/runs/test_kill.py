"""A worker is killed with ``kill -9`` many times, each at a random time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select, update

from nn.models import checkpoint
from nn.network import parameter_count
from nn.runs.spec import RunSpec
from nn.runs.store import database, schema
from nn.runs.store.queue import LEASE_SECONDS
from nn.runs.store.store import RunStore, State
from nn.runs.worker.loop import work

ROOT = Path(__file__).parents[2]
# Of each kind of database: how often a worker is killed, and after how many seconds at most.
KILLS = {"sqlite": (100, 0.15), "postgresql": (30, 0.4)}
SPEC = RunSpec(
    hidden=(8,), lr=0.02, batch_size=300, epochs=20, dataset="strokes", validation_size=12_000
)

# Reads run ids and forks a worker for each: faster than starting a new process.
FORK_SERVER = """
import os, signal, sys
from nn.runs.store.store import RunStore
from nn.runs.worker import main
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
main._warm_up()
print("ready", flush=True)
for run_id in sys.stdin:
    child = os.fork()
    if not child:
        main.drain_queue(RunStore(), run_id.strip())
        os._exit(0)
    print(child, flush=True)
"""


@pytest.fixture
def start(store):
    """``start(run)`` starts a worker → its process id."""
    if not hasattr(os, "fork"):
        pytest.skip("Windows has no fork.")
    fork_server = subprocess.Popen(
        [sys.executable, "-c", FORK_SERVER],
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert fork_server.stdout.readline() == "ready\n"

    def start(run):
        fork_server.stdin.write(f"{run.id}\n")
        fork_server.stdin.flush()
        return int(fork_server.stdout.readline())

    yield start
    fork_server.stdin.close()
    fork_server.wait(10)


def new_run(store):
    run = store.create(SPEC)
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(threads=1))
    return run


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:  # it has already ended
        return
    while alive(process):
        time.sleep(0.001)


def expire_lease(store):
    """Make every heartbeat older than LEASE_SECONDS."""
    with store.writing() as connection:
        then = schema.runs.c.heartbeat - LEASE_SECONDS - 0.5
        connection.execute(update(schema.runs).values(heartbeat=then))


def recorded(store, run):
    """What has been committed: (epochs, points, steps of the snapshots)."""
    return (
        {epoch["epoch"]: epoch["train_loss"] for epoch in store.epochs(run.id)},
        {point.step: point.loss for point in store.points(run.id)},
        set(store.snapshot_steps(run.id)),
    )


def parameters(store, run):
    network, _, optimizer = run.spec.build()
    checkpoint.unpack(store.checkpoint(run.id), network.parameters, optimizer, network.sizes)
    return network.parameters


@pytest.mark.slow
def test_a_killed_worker_loses_nothing_committed_and_the_resumed_run_ends_like_an_uninterrupted_one(
    store, start
):
    whole = new_run(store)
    for _ in work(store, whole.id):
        pass
    rng = random.Random(0)
    interrupted = 0
    run = new_run(store)
    kills, max_seconds = KILLS[store.engine.dialect.name]
    for _ in range(kills):
        process = start(run)
        time.sleep(rng.uniform(0, max_seconds))
        epochs, points, snapshots = recorded(store, run)
        kill(process)
        expire_lease(store)

        store = RunStore(store.url)
        seen = store.run(run.id)
        epochs_now, points_now, snapshots_now = recorded(store, run)
        assert epochs.items() <= epochs_now.items()
        assert points.items() <= points_now.items()
        assert snapshots <= snapshots_now
        assert list(epochs_now) == list(range(1, seen.epoch + 1))
        sizes = select(func.length(schema.snapshots.c.parameters)).where(
            schema.snapshots.c.run == run.id
        )
        assert {size for (size,) in store.rows(sizes)} <= {2 * parameter_count(SPEC.sizes)}
        if store.checkpoint(run.id):
            parameters(store, run)

        if seen.state is State.FINISHED:
            run = new_run(store)
        elif seen.state is State.INTERRUPTED:
            interrupted += 1
            assert "Resume it" in seen.message
            assert store.requeue(run.id).state is State.QUEUED
        else:  # killed before it took the run
            assert (seen.state, seen.step) == (State.QUEUED, store.run(run.id).step)

    assert interrupted >= kills / 6  # on a busy computer, many are killed before they take the run
    process = start(run)
    while alive(process):
        time.sleep(0.01)
    assert store.rows(select(schema.runs.c.state).distinct()) == [(State.FINISHED,)]
    for other in store.runs():
        np.testing.assert_array_equal(parameters(store, other), parameters(store, whole))
        assert recorded(store, other)[:2] == recorded(store, whole)[:2]
    if database.is_sqlite(store.engine):
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
