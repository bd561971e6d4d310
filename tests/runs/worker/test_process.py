from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from nn.errors import UserError
from nn.runs.store import queue, schema
from nn.runs.store.store import RunStore, State
from nn.runs.worker import process as launcher
from nn.runs.worker.loop import work
from nn.runs.worker.process import StandbyWorker, launch, launch_queued, send_command
from nn.support.paths import log

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workers(monkeypatch):
    """The processes that the launcher starts; they are killed after the test."""
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


@pytest.fixture
def one_slot(monkeypatch):
    """One core for this process and its workers, so there is one slot."""
    monkeypatch.setattr(queue, "available_cores", lambda: 1)
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("This system cannot restrict a process to one core.")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


def start(store, spec):
    """Launch a run with one BLAS thread: several busy-wait for each other on a busy machine."""
    run = store.create(spec)
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(threads=1))
    launch(run.id)
    return run


def wait_for(condition, seconds):
    """Poll until ``condition`` holds → the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, f"The condition does not hold after {seconds} s."
        time.sleep(0.01)
    return time.monotonic() - began


def losses(store, run):
    return [(e["train_loss"], e["val_loss"], e["test_accuracy"]) for e in store.epochs(run.id)]


def test_a_launched_run_stops_within_half_a_second(store, quick, workers):
    run = start(store, replace(quick, epochs=10_000))
    wait_for(lambda: store.run(run.id).step > 0, 30)
    store.command(run.id, "stop")
    wait_for(lambda: store.run(run.id).state is State.STOPPED, 0.5)
    assert workers[0].wait(10) == 0


def test_a_worker_has_its_own_process_group_so_ctrl_c_in_the_parent_does_not_reach_it(
    store, quick, workers
):
    run = start(store, quick)
    pid = workers[0].pid
    assert os.getpgid(pid) == os.getsid(pid) == pid
    assert workers[0].wait(30) == 0
    assert store.run(run.id).state is State.FINISHED
    (line,) = log(run.id).read_text().splitlines()
    assert line.endswith(f"is trained by process {pid}.")


def test_a_worker_that_ends_a_run_trains_the_queued_runs(store, quick, workers, one_slot):
    first = start(store, replace(quick, epochs=10_000))
    wait_for(lambda: store.run(first.id).step > 0, 30)
    second, third = start(store, quick), start(store, quick)
    assert [store.run(run.id).queue_position for run in (first, second, third)] == [0, 1, 2]
    send_command(store, first.id, "stop")
    wait_for(lambda: store.run(third.id).state is State.FINISHED, 30)
    assert store.run(second.id).state is State.FINISHED
    assert store.run(second.id).heartbeat < store.run(third.id).heartbeat
    (worker,) = workers
    assert worker.wait(10) == 0
    for run in (first, second, third):
        assert f"is trained by process {worker.pid}." in log(run.id).read_text()


def test_a_run_that_released_its_slot_is_queued_when_resumed(store, quick, workers, one_slot):
    paused, _ = store.create(quick), store.create(quick, lease="of the worker that has the slot")
    with store.writing() as connection:
        of_run = update(schema.runs).where(schema.runs.c.id == paused.id)
        connection.execute(of_run.values(state=State.PAUSED))
    send_command(store, paused.id, "resume")
    assert store.run(paused.id).message == "Queued: 1st in line."
    assert workers == []


@pytest.mark.parametrize("command", ["pause", "stop", "step", "lr"])
def test_an_impossible_command_is_rejected_with_a_message(store, quick, command):
    run = store.create(quick)
    store.cancel(run.id)
    with pytest.raises(UserError, match=f"is stopped: there is nothing to {command}"):
        send_command(store, run.id, command, 1)


def test_runs_that_were_recorded_but_not_launched_are_launched_with_the_server(
    store, quick, workers, monkeypatch
):
    """As when the server was killed in between."""
    monkeypatch.setattr(queue, "available_cores", lambda: 2)
    runs = [store.create(replace(quick, epochs=1)) for _ in range(3)]
    launch_queued(store)
    assert len(workers) == 2  # the third run waits for one of them
    for run in runs:
        wait_for(lambda run=run: store.run(run.id).state is State.FINISHED, 60)
    launch_queued(store)
    assert len(workers) == 2


# The standby worker


@pytest.fixture
def standby(workers, monkeypatch):
    monkeypatch.setattr(launcher, "standby", StandbyWorker())
    monkeypatch.setattr(launcher, "REPLACE_SECONDS", 0.0)
    return launcher.standby


def test_a_standby_worker_trains_the_next_run_and_is_replaced(store, quick, workers, standby):
    standby.start()
    standby.start()
    assert len(workers) == 1
    run = start(store, quick)
    wait_for(lambda: store.run(run.id).state is State.FINISHED, 30)
    assert f"is trained by process {workers[0].pid}." in log(run.id).read_text()
    assert workers[0].wait(10) == 0
    wait_for(lambda: len(workers) == 2, 5)
    assert workers[1].poll() is None
    assert [run.id for run in store.runs()] == [run.id]  # warming up recorded nothing


def test_a_run_starts_even_if_the_standby_worker_was_killed(store, quick, workers, standby):
    standby.start()
    workers[0].kill()
    workers[0].wait()
    run = start(store, quick)
    wait_for(lambda: store.run(run.id).state is State.FINISHED, 30)


SERVER = """
import sys
from nn.runs.worker import process
start = process.start
def start_and_print(*run_id):
    child = start(*run_id)
    print(child.pid, flush=True)
    return child
process.start, process.REPLACE_SECONDS = start_and_print, 0
process.standby.start()
process.launch(sys.argv[1])
sys.stdin.read()
"""


def is_running(process):
    """Whether a process with this id exists and is not a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="/proc exists only on Linux.")
def test_when_a_server_is_killed_its_training_worker_continues_and_its_standby_worker_ends(
    store, quick
):
    run = store.create(replace(quick, epochs=10_000))
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, run.id],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        training, idle = (int(server.stdout.readline()) for _ in range(2))
        wait_for(lambda: store.run(run.id).step > 0, 30)
        assert is_running(idle)
        server.kill()
        server.wait()
        wait_for(lambda: not is_running(idle), 30)
        here = store.run(run.id).step
        wait_for(lambda: store.run(run.id).step > here, 10)
        assert is_running(training)
    finally:
        server.kill()
        store.delete(run.id)
    wait_for(lambda: not is_running(training), 30)


# Interrupted


@pytest.mark.slow
def test_a_killed_worker_leaves_an_interrupted_run_that_resumes_as_if_uninterrupted(
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


@pytest.mark.slow
def test_the_slot_of_a_killed_worker_is_filled_by_another_worker(store, quick, workers):
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        pytest.skip("Two cores are needed.")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)  # also of the workers
    try:
        long = replace(quick, epochs=10_000)
        killed, alive = start(store, long), start(store, long)
        wait_for(lambda: {store.run(r.id).state for r in (killed, alive)} == {State.RUNNING}, 60)
        waiting = start(store, long)
        assert len(workers) == 2
        [process] = [each for each in workers if killed.id in each.args]
        process.kill()
        wait_for(lambda: store.run(waiting.id).state is State.RUNNING, 60)
        assert store.run(killed.id).state is State.INTERRUPTED
        assert store.run(alive.id).state is State.RUNNING
    finally:
        os.sched_setaffinity(0, before)
        for run in store.runs():
            store.delete(run.id)
