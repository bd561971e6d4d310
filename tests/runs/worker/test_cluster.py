"""What a task of a cluster does with its run, and a sweep on a real cluster of one worker."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.store import clock, queue, schema
from nn.runs.store.lock_retry import Locked
from nn.runs.store.store import RunStore, State
from nn.runs.worker import cluster
from nn.runs.worker.loop import work
from tests.runs.store.test_lock_retry import everything

ROOT = Path(__file__).parents[3]


def set_values(store, run, **values):
    with store.writing() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == run.id).values(**values))


def test_a_task_trains_a_queued_run_on_one_core(store, quick):
    run = store.create(quick)
    cluster.train(store.url, run.id)
    assert store.run(run.id).state is State.FINISHED
    assert store.rows(select(schema.runs.c.threads, schema.runs.c.host)) == [(1, queue.host())]


@pytest.mark.parametrize("state", [State.FINISHED, State.STOPPED, State.PAUSED, State.DIVERGED])
def test_a_task_leaves_a_run_alone_that_does_not_wait_for_it(store, quick, state):
    run = store.create(quick)
    set_values(store, run, state=state)
    before = store.run(run.id)
    cluster.train(store.url, run.id)
    assert store.run(run.id) == before
    cluster.train(store.url, "deleted")


def test_a_task_waits_for_the_lease_of_a_worker_that_vanished_and_goes_on(store, quick):
    run, whole = store.create(quick), store.create(quick)
    events = work(store, run.id)
    for _ in range(70):  # past the first epoch
        next(events)
    checkpoint = store.checkpoint(run.id)
    events.close()
    # As if its worker had been killed just now.
    set_values(store, run, state=State.RUNNING, lease="gone", heartbeat=clock.now())
    assert checkpoint and store.run(run.id).state is State.RUNNING
    cluster.train(store.url, run.id)
    assert store.run(run.id).state is State.FINISHED
    cluster.train(store.url, whole.id)
    assert everything(store, run)[0] == everything(store, whole)[0]


def test_a_task_gives_way_to_a_worker_that_is_alive(store, quick, monkeypatch):
    run = store.create(quick)
    set_values(store, run, state=State.RUNNING, lease="other", heartbeat=clock.now())
    monkeypatch.setattr(queue, "LEASE_SECONDS", 0.0)  # how long it waits
    monkeypatch.setattr(cluster, "LOOK_INTERVAL", 0.05)
    cluster.train(store.url, run.id)
    assert store.run(run.id).state is State.RUNNING
    assert store.rows(select(schema.runs.c.lease)) == [("other",)]


def test_a_task_fails_when_the_database_stays_away(store, quick, monkeypatch):
    def run(_store, _run_id):
        raise OperationalError("select", {}, sqlite3.OperationalError("database is locked"))

    waiting = store.create(quick)
    monkeypatch.setattr("nn.runs.store.lock_retry.LOCK_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(RunStore, "run", run)
    with pytest.raises(Locked):
        cluster.train(store.url, waiting.id)


def test_a_scheduler_that_does_not_answer_is_named(store, quick, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    monkeypatch.setenv(cluster.VARIABLE, f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(UserError, match=r"scheduler at tcp://127\.0\.0\.1:\d+ does not answer"):
        cluster.submit(store, [store.create(quick)])
    monkeypatch.setenv(cluster.VARIABLE, "no address")
    with pytest.raises(UserError, match="does not answer"):
        cluster.threads()


def test_the_missing_package_is_named(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setenv(cluster.VARIABLE, "tcp://127.0.0.1:1")
    with pytest.raises(UserError, match=r"pip install -r requirements-cluster\.txt"):
        cluster.threads()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def dask(*words, **environment):
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, words)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def local(store, tmp_path):
    """The address of a cluster of one worker with one thread, which trains on the host "far"."""
    address = f"tcp://127.0.0.1:{free_port()}"
    worker = ("worker", address, "--no-nanny", "--nthreads", 1, "--no-dashboard")
    with (
        dask("scheduler", "--host", address, "--no-dashboard"),
        dask(*worker, "--local-directory", tmp_path, DIGITSCOPE_HOST="far"),
    ):
        yield address


def sweep(address, *arguments):
    """The output of a sweep on the cluster, once that has started."""
    command = [
        sys.executable, "-m", "nn", "sweep", "--dataset", "strokes", "--validation-size", "1000",
        "--epochs", "1", "--hidden", "4", *arguments, "--cluster", address,
    ]  # fmt: skip
    until = time.monotonic() + 60
    while True:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        if not done.returncode:
            return done.stdout.splitlines()
        assert "does not answer" in done.stderr, done.stderr  # it is starting
        assert time.monotonic() < until


def runs_by_host(store):
    host = schema.runs.c.host
    return store.rows(select(host, func.count()).group_by(host))


def test_a_sweep_is_trained_by_a_cluster(store, local):
    lines = sweep(local, "--set", "lr=0.01,0.1")
    assert len(lines) == 2 and not any("seeds" in line for line in lines)
    assert {run.state for run in store.runs()} == {State.FINISHED}
    assert runs_by_host(store) == [("far", 2)]


def test_a_sweep_by_optuna_is_trained_by_a_cluster(store, local):
    *configurations, best = sweep(local, "--set", "lr=log:0.01..1", "--optuna", "4")
    assert len(configurations) == 4 and best.startswith("Best validation accuracy: ")
    assert {run.state for run in store.runs()} == {State.FINISHED}
    assert runs_by_host(store) == [("far", 4)]


@pytest.mark.slow
def test_the_threads_of_all_workers_are_counted_and_a_scheduler_that_is_back_is_found(
    store, monkeypatch, tmp_path
):
    address = f"tcp://127.0.0.1:{free_port()}"
    monkeypatch.setenv(cluster.VARIABLE, address)
    scheduler = ("scheduler", "--host", address, "--no-dashboard")
    worker = ("worker", address, "--no-nanny", "--no-dashboard", "--local-directory", tmp_path)

    def counted(expected):
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(UserError):  # it is starting
                if cluster.threads() == expected:
                    return
            assert time.monotonic() < until
            time.sleep(0.1)

    with dask(*scheduler):
        counted(0)
        with dask(*worker, "--nthreads", 1), dask(*worker, "--nthreads", 3):
            counted(4)
        counted(0)
    with dask(*scheduler), dask(*worker, "--nthreads", 2):
        counted(2)
