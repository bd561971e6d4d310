from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from nn.runs.spec import RunSpec
from nn.runs.store import clock, queue, schema
from nn.runs.store.queue import LEASE_SECONDS, START_SECONDS
from nn.runs.store.run import ordinal
from nn.runs.store.store import State
from nn.runs.worker import loop

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cores(monkeypatch):
    """``cores(n)`` sets the number of available cores; 2 at first."""

    def set_cores(n):
        monkeypatch.setattr(queue, "available_cores", lambda: n)

    set_cores(2)
    return set_cores


def queued(store, count):
    return [store.create(RunSpec(dataset="strokes")).id for _ in range(count)]


def take(store, run_id=None):
    with store.exclusive() as connection:
        return queue.take_next(connection, run_id)


def put(store, run_id, **values):
    with store.writing() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(**values))


def age_heartbeats(store, seconds):
    """Make every heartbeat ``seconds`` older."""
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(heartbeat=schema.runs.c.heartbeat - seconds))


def positions(store, runs):
    return [store.run(run_id).queue_position for run_id in runs]


# Taking runs from the queue


def test_runs_are_taken_first_in_first_out_one_per_core(store, cores):
    runs = queued(store, 4)
    assert [take(store)[0] for _ in range(2)] == runs[:2]
    assert take(store) is None
    assert take(store, runs[3]) is None
    put(store, runs[1], state=State.FINISHED, lease=None)
    assert take(store)[0] == runs[2]
    assert take(store) is None


def test_a_worker_takes_the_run_it_was_started_for_or_else_the_next_one(store, cores):
    first, second, third = queued(store, 3)
    assert take(store, third)[0] == third
    assert take(store, third)[0] == first
    put(store, first, state=State.FINISHED, lease=None)
    assert take(store, "deleted")[0] == second


def test_a_dead_worker_occupies_no_slot(store, cores):
    cores(1)
    dead, waiting = queued(store, 2)
    assert take(store)[0] == dead
    assert take(store) is None
    put(store, dead, state=State.RUNNING, heartbeat=time.time() - LEASE_SECONDS - 1)
    assert take(store)[0] == waiting


def test_each_host_has_slots_of_its_own(store, cores, monkeypatch):
    cores(1)
    first, second, third = queued(store, 3)
    made_on = queue.host()
    monkeypatch.setenv("DIGITSCOPE_HOST", "north")
    assert take(store)[0] == first
    assert take(store) is None
    monkeypatch.setenv("DIGITSCOPE_HOST", "south")
    assert take(store)[0] == second
    assert take(store) is None
    assert store.rows(select(schema.runs.c.host).order_by(schema.runs.c.created)) == [
        ("north",), ("south",), (made_on,),
    ]  # fmt: skip
    put(store, first, state=State.FINISHED, lease=None)
    assert positions(store, [third]) == [1]  # in the south, which has no slot
    monkeypatch.setenv("DIGITSCOPE_HOST", "north")
    assert positions(store, [third]) == [0]
    assert take(store)[0] == third


def test_cores_are_shared_among_the_runs_of_one_host(store, cores, monkeypatch):
    cores(9)
    monkeypatch.setattr(loop, "available_cores", queue.available_cores)
    queued(store, 3)
    for name in ("north", "south", "south"):
        monkeypatch.setenv("DIGITSCOPE_HOST", name)
        take(store)
    assert loop.fair_share(store) == 4
    monkeypatch.setenv("DIGITSCOPE_HOST", "north")
    assert loop.fair_share(store) == 8


def test_a_host_without_a_setting_goes_by_its_own_name(monkeypatch):
    monkeypatch.delenv("DIGITSCOPE_HOST", raising=False)
    assert queue.host() == socket.gethostname()
    monkeypatch.setenv("DIGITSCOPE_HOST", "x" * 300)
    assert queue.host() == "x" * 255


@pytest.mark.parametrize("apart", [-10.0, 10.0])
def test_a_process_whose_clock_is_wrong_takes_nothing_over(store, cores, monkeypatch, apart):
    cores(1)
    running, waiting = queued(store, 2)
    assert take(store)[0] == running
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + apart)
    assert store.run(running).state is State.QUEUED  # its worker is loading
    assert take(store) is None
    assert positions(store, [waiting]) == [1]
    store.watch([running], 3)
    assert 2 < store.poll([running])[running].watched_for < 4


def test_a_heartbeat_in_the_future_is_no_sign_of_life(store, cores):
    cores(1)
    gone, waiting = queued(store, 2)
    assert take(store)[0] == gone
    put(store, gone, state=State.RUNNING, heartbeat=clock.now() + LEASE_SECONDS + 1)
    assert store.run(gone).state is State.INTERRUPTED
    assert take(store)[0] == waiting


def test_a_run_of_the_command_line_is_never_queued_but_occupies_a_slot(store, cores):
    cores(1)
    reserved = store.create(RunSpec(), lease=queue.new_lease())
    assert (reserved.state, reserved.queue_position) == (State.QUEUED, 0)
    (waiting,) = queued(store, 1)
    assert take(store) is None
    assert positions(store, [waiting]) == [1]


TAKE_RUNS = """
import sys, time
from nn.runs.store import queue
from nn.runs.store.store import RunStore
queue.available_cores = lambda: 20
store = RunStore(sys.argv[1])
print("ready", flush=True)
time.sleep(max(0, float(sys.stdin.readline()) - time.time()))
for _ in range(30):
    with store.exclusive() as connection:
        taken = queue.take_next(connection)
    if taken:
        print(taken[0], flush=True)
"""


def test_concurrent_workers_take_each_run_once_and_no_more_than_there_are_slots(store):
    runs = queued(store, 25)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TAKE_RUNS, store.url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    start = f"{time.time() + 0.1}\n"
    taken = []
    for process in processes:
        process.stdin.write(start)
        process.stdin.flush()
    for process in processes:
        taken += process.communicate(timeout=30)[0].split()
    assert sorted(taken) == sorted(runs[:20])


# Queue positions and states


def test_the_queue_position_is_shown_while_no_slot_is_free(store, cores):
    runs = queued(store, 4)
    assert positions(store, runs) == [0, 0, 1, 2] == positions(store, runs)  # the first two start
    take(store), take(store)
    assert positions(store, runs) == [0, 0, 1, 2]
    assert store.run(runs[3]).message == "Queued: 2nd in line."
    assert store.run(runs[0]).message == ""
    assert [run.queue_position for run in store.runs()] == positions(store, runs)[::-1]
    put(store, runs[2], state=State.STOPPED)
    assert positions(store, runs) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("n", "word"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (22, "22nd"),
     (111, "111th"), (101, "101st")],
)  # fmt: skip
def test_ordinals(n, word):
    assert ordinal(n) == word


def test_a_run_stays_queued_while_another_worker_is_alive(store, cores):
    cores(1)
    busy, waiting = queued(store, 2)
    take(store)
    age_heartbeats(store, 1000)
    put(store, busy, state=State.RUNNING, heartbeat=time.time())
    assert (store.run(waiting).state, store.run(waiting).queue_position) == (State.QUEUED, 1)
    put(store, busy, state=State.FINISHED, lease=None)  # just now: the next run may be taken
    assert store.run(waiting).state is State.QUEUED


def test_when_all_workers_are_dead_a_queued_run_is_interrupted_and_next_after_requeueing(
    store, cores
):
    cores(1)
    busy, waiting = queued(store, 2)
    take(store)
    put(store, busy, state=State.RUNNING)
    age_heartbeats(store, START_SECONDS + 1)
    assert [store.run(r).state for r in (busy, waiting)] == [State.INTERRUPTED] * 2
    assert "Resume it" in store.run(waiting).message
    assert store.requeue(waiting).state is State.QUEUED
    assert take(store)[0] == waiting


def test_a_run_stays_queued_when_a_slot_is_free_but_another_worker_is_busy(store, cores):
    """The slot belonged to a killed worker; the busy one takes the run when it is done."""
    busy, waiting = queued(store, 2)
    take(store)
    age_heartbeats(store, START_SECONDS + 1)
    put(store, busy, state=State.RUNNING, heartbeat=time.time())
    assert (store.run(waiting).state, store.run(waiting).queue_position) == (State.QUEUED, 1)


# Canceling and requeueing


def test_a_run_without_a_worker_is_canceled_at_once_and_one_with_a_worker_is_not(store, cores):
    first, second = queued(store, 2)
    take(store)
    assert not store.cancel(first)
    assert store.run(first).state is State.QUEUED
    assert store.cancel(second)
    assert store.run(second).state is State.STOPPED
    assert take(store) is None
    assert not store.cancel(second)


REQUEUE_RUNS = """
import sys, time
from nn.errors import UserError
from nn.runs.store.store import RunStore
store = RunStore(sys.argv[1])
print("ready", flush=True)
time.sleep(max(0, float(sys.stdin.readline()) - time.time()))
for run_id in sys.argv[2:]:
    try:
        store.requeue(run_id)
        print(run_id)
    except UserError as error:
        print(error, file=sys.stderr)
"""


def test_when_two_processes_resume_a_run_at_once_one_succeeds_and_the_other_gets_a_message(store):
    runs = queued(store, 20)
    for run_id in runs:
        put(store, run_id, state=State.STOPPED)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", REQUEUE_RUNS, store.url, *runs],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    start = f"{time.time() + 0.1}\n"
    for process in processes:
        process.stdin.write(start)
        process.stdin.flush()
    answers = [process.communicate(timeout=30) for process in processes]
    assert sorted(" ".join(out for out, _ in answers).split()) == sorted(runs)
    messages = "".join(err for _, err in answers).splitlines()
    assert len(messages) == 20
    assert all("is queued: there is nothing to resume" in message for message in messages)


# Runs that nobody takes


def left_alone(store, lease=None):
    with store.engine.connect() as connection:
        return queue.left_alone(connection, lease)


def test_a_run_is_left_alone_when_it_has_waited_for_long_beside_a_free_slot(store, cores):
    waiting = queued(store, 3)
    assert left_alone(store) == []  # whoever queued them has started workers
    age_heartbeats(store, queue.LEFT_ALONE_SECONDS + 1)
    assert left_alone(store) == waiting[:2]
    cores(1)
    assert left_alone(store) == waiting[:1]
    assert take(store)[0] == waiting[0]
    assert left_alone(store) == []


def test_of_a_hosts_workers_one_is_told_which_runs_are_left_alone(store, cores, monkeypatch):
    cores(3)
    *_, waiting = queued(store, 3)
    age_heartbeats(store, queue.LEFT_ALONE_SECONDS + 1)
    leases = sorted(take(store)[1] for _ in range(2))
    assert [left_alone(store, lease) for lease in leases] == [[waiting], []]
    assert left_alone(store) == [waiting]  # a server is told, too
    monkeypatch.setenv("DIGITSCOPE_HOST", "elsewhere")
    assert left_alone(store, leases[0]) == []


# Whose turn it is, and where


def queued_by(store, owner, count):
    return [store.create(RunSpec(dataset="strokes"), owner=owner).id for _ in range(count)]


def test_visitors_take_turns_however_many_runs_one_of_them_has_queued(store, cores):
    cores(20)
    many, few, one = (queued_by(store, *each) for each in (("a", 4), ("b", 2), ("", 1)))
    order = [many[0], few[0], one[0], many[1], few[1], *many[2:]]
    with store.engine.connect() as connection:
        assert queue.queued_runs(connection) == order
    assert [take(store)[0] for _ in order] == order
    assert take(store) is None


def test_runs_that_train_already_count_as_turns_unless_their_worker_has_vanished(store, cores):
    cores(20)
    busy = queued_by(store, "a", 3)
    taken = [take(store)[0] for _ in busy]
    assert taken == busy
    put(store, busy[0], state=State.FINISHED, lease=None)
    put(store, busy[1], heartbeat=clock.now() - 2 * LEASE_SECONDS)  # one trains
    [third] = queued_by(store, "a", 1)
    others = queued_by(store, "b", 3)
    with store.engine.connect() as connection:
        assert queue.queued_runs(connection) == [others[0], third, *others[1:]]


def test_a_run_whose_data_is_on_another_host_waits_for_one_that_has_it(
    store, cores, monkeypatch, tmp_path
):
    file = tmp_path / "digits.npz"
    file.write_bytes(b"")
    needs_file = store.create(RunSpec(dataset="strokes", extra_data=str(file))).id
    other = queued(store, 1)[0]
    file.unlink()
    monkeypatch.setenv("DIGITSCOPE_HOST", "elsewhere")
    assert store.run(needs_file).message == "Waiting for a host that has digits.npz."
    age_heartbeats(store, queue.LEFT_ALONE_SECONDS + 1)
    assert left_alone(store) == [other]
    assert take(store, needs_file)[0] == other
    assert take(store) is None
    file.write_bytes(b"")
    assert store.run(needs_file).message == ""
    assert take(store)[0] == needs_file


@pytest.mark.parametrize("spec", ["{", "[1]", "[" * 100_000 + "]" * 100_000])
def test_a_run_of_another_host_whose_spec_is_damaged_is_taken(store, cores, monkeypatch, spec):
    run = queued(store, 1)[0]
    put(store, run, spec=spec)
    monkeypatch.setenv("DIGITSCOPE_HOST", "elsewhere")
    assert take(store)[0] == run  # and its worker says what is wrong


def test_a_run_whose_data_is_gone_is_taken_where_it_was_queued(store, cores, tmp_path):
    run = store.create(RunSpec(dataset=str(tmp_path / "gone"))).id
    assert take(store)[0] == run  # and its worker says what is missing
