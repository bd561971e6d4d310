"""A store that is locked briefly, locked for too long, or on a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from nn.runs.store import lock_retry, schema
from nn.runs.store.lock_retry import Locked
from nn.runs.store.store import State
from nn.runs.worker import recorder
from nn.runs.worker.loop import work
from nn.support.paths import log
from nn.training import Epoch, Step
from tests.runs.conftest import sqlite_only

ROOT = Path(__file__).parents[3]


def everything(store, run):
    def of_run(table):
        rows = store.rows(select(table).where(table.c.run == run.id))
        return [tuple(row)[1:] for row in rows]

    epochs = [{k: e[k] for k in ("epoch", "step", "train_loss", "val_loss", "test_accuracy")}
              for e in store.epochs(run.id)]  # fmt: skip
    return epochs, of_run(schema.points), of_run(schema.snapshots)


def test_training_continues_while_the_store_is_locked_and_nothing_is_lost(store, quick, locker):
    run, whole = store.create(quick), store.create(quick)
    events = work(store, run.id)
    next(events)
    with locker():
        seen = list(islice(events, 60))
        assert [type(event) for event in seen].count(Epoch) == 1
        assert store.epochs(run.id) == []
    for _ in events:
        pass
    assert store.run(run.id).state is State.FINISHED
    for _ in work(store, whole.id):
        pass
    assert everything(store, run) == everything(store, whole)


def test_a_run_waits_at_its_end_until_the_store_is_unlocked(store, quick, locker):
    run = store.create(quick)
    events = work(store, run.id)
    for event in events:
        if isinstance(event, Step) and event.step == 99:
            break
    locked = threading.Event()

    def lock_briefly():
        with locker():
            locked.set()
            time.sleep(0.5)

    thread = threading.Thread(target=lock_briefly)
    thread.start()
    locked.wait()
    for _ in events:
        pass
    thread.join()
    assert store.run(run.id).state is State.FINISHED
    assert [epoch["epoch"] for epoch in store.epochs(run.id)] == [1, 2]


def test_a_store_locked_for_too_long_fails_the_run_with_a_message(
    store, quick, locker, monkeypatch
):
    monkeypatch.setattr(lock_retry, "LOCK_RETRY_SECONDS", 0.5)
    run = store.create(replace(quick, epochs=10_000))
    events = work(store, run.id)
    next(events)
    lock = locker()
    lock.__enter__()

    class LockedUntilNow(Locked):  # the other program ends just after the worker has given up
        def __init__(self, error) -> None:
            lock.__exit__(None, None, None)
            super().__init__(error)

    monkeypatch.setattr(recorder, "Locked", LockedUntilNow)
    for _ in events:
        pass
    run = store.run(run.id)
    assert run.state is State.FAILED
    assert "locked" in run.message and run.message.endswith(".")
    # Everything up to that point is recorded after all, and the run can be resumed.
    assert run.epoch >= 1
    assert [epoch["epoch"] for epoch in store.epochs(run.id)] == list(range(1, run.epoch + 1))
    assert store.requeue(run.id).state is State.QUEUED
    assert np.isfinite(store.snapshot(run.id, store.snapshot_steps(run.id)[-1]).parameters).all()


def test_a_worker_that_cannot_record_its_failure_raises_and_the_run_is_interrupted(
    store, quick, locker, monkeypatch
):
    monkeypatch.setattr(lock_retry, "LOCK_RETRY_SECONDS", 0.2)
    run = store.create(replace(quick, epochs=10_000))
    events = work(store, run.id)
    next(events)
    with locker(), pytest.raises(Locked, match=r"locked .*\.$"):
        list(events)
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(heartbeat=time.time() - 5))
    assert store.run(run.id).state is State.INTERRUPTED
    assert store.requeue(run.id)


@sqlite_only
def test_on_a_full_disk_the_worker_ends_and_the_run_is_stopped_with_a_message(store, quick):
    resource = pytest.importorskip("resource")  # limits the worker's files to 1 MiB
    run = store.create(replace(quick, hidden=(64,), epochs=10_000))
    worker = subprocess.Popen(
        [sys.executable, "-m", "nn.runs.worker", run.id],
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20)),
    )
    assert worker.wait(60) == 1
    *_, last = log(run.id).read_text().splitlines()
    assert "The store cannot be written" in last and last.endswith(".")
    stopped = store.run(run.id)
    assert stopped.state is State.STOPPED and stopped.message
    before = stopped.step
    store.requeue(run.id)  # this process has no such limit
    events = work(store, run.id)
    for _ in islice(events, 200):
        pass
    events.close()
    assert store.run(run.id).state is State.STOPPED
    assert store.run(run.id).step > before
