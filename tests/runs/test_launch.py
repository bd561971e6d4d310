from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from sqlalchemy import update

from nn.home import home
from nn.runs import launch as launcher
from nn.runs import tables
from nn.runs.launch import launch
from nn.runs.store import RunStore, State
from nn.runs.worker import work


@pytest.fixture
def workers(monkeypatch):
    """The processes that the launcher starts; none of them outlives the test."""
    started = []
    popen = subprocess.Popen

    def start(*args, **kwargs):
        started.append(popen(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(launcher.subprocess, "Popen", start)
    yield started
    for process in started:
        process.kill()
        process.wait()


def start(store, spec):
    """A launched run, with one BLAS thread: on a busy machine they wait for each other."""
    run = store.create(spec)
    with store.writing() as connection:
        connection.execute(update(tables.runs).values(threads=1))
    launch(run.id)
    return run


def wait_for(condition, seconds):
    """→ the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, f"still not so after {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - began


def losses(store, run):
    return [(e["train_loss"], e["val_loss"], e["test_accuracy"]) for e in store.epochs(run.id)]


def test_a_launched_run_obeys_a_stop_within_half_a_second(store, quick, workers):
    run = start(store, replace(quick, epochs=10_000))
    wait_for(lambda: store.run(run.id).step > 0, 30)
    store.command(run.id, "stop")
    wait_for(lambda: store.run(run.id).state is State.STOPPED, 0.5)
    assert workers[0].wait(10) == 0


def test_a_worker_has_a_process_group_of_its_own_so_that_no_ctrl_c_of_its_parent_reaches_it(
    store, quick, workers
):
    run = start(store, quick)
    pid = workers[0].pid
    assert os.getpgid(pid) == os.getsid(pid) == pid
    assert workers[0].wait(30) == 0
    assert store.run(run.id).state is State.FINISHED
    assert (home() / "logs" / f"{run.id}.log").read_text() == ""


def test_a_killed_worker_leaves_an_interrupted_run_that_resumes_as_if_nothing_had_been(
    store, quick, workers, tmp_path
):
    run = start(store, replace(quick, epochs=40))
    wait_for(lambda: store.run(run.id).epoch >= 2, 60)
    workers[0].send_signal(signal.SIGKILL)
    assert workers[0].wait(10) == -signal.SIGKILL
    wait_for(lambda: store.run(run.id).state is State.INTERRUPTED, 5)
    assert 2 <= store.run(run.id).epoch < 40

    launch(store.requeue(run.id).id)
    wait_for(lambda: store.run(run.id).state is State.FINISHED, 120)

    others = RunStore(f"sqlite:///{tmp_path / 'uninterrupted.sqlite3'}")
    uninterrupted = others.create(run.spec)
    for _ in work(others, uninterrupted.id):
        pass
    assert losses(store, run) == losses(others, uninterrupted)
    assert store.points(run.id) == others.points(uninterrupted.id)
