"""A race trains its members in lockstep, and each as if it were alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from sqlalchemy import update

from nn.models import checkpoint
from nn.runs.spec import RunSpec
from nn.runs.store import queue, schema
from nn.runs.store.groups import create_group
from nn.runs.store.store import State
from nn.runs.worker import control, recorder
from nn.runs.worker import race as worker_race
from nn.runs.worker.control import Pace
from nn.runs.worker.loop import work
from nn.runs.worker.process import resume_race, send_command
from nn.runs.worker.race import train_taken
from nn.runs.worker.recorder import Recorder
from nn.training import Step

pytestmark = pytest.mark.usefixtures("one_thread")

BASE = RunSpec(hidden=(8,), batch_size=100, epochs=2, dataset="strokes", validation_size=17_000)
RATES = [replace(BASE, lr=lr) for lr in (0.01, 0.1, 0.5)]
# Of different steps, optimizers and random numbers.
DIFFERENT = [
    BASE,
    replace(BASE, batch_size=70, dropout=0.2, activation="sigmoid"),
    replace(BASE, hidden=(12, 6), batch_size=33, optimizer="adam", lr=0.01),
    replace(BASE, augmentation=1.0, nesterov=True, lr_schedule="constant", clip_norm=1.0),
]


@pytest.fixture(autouse=True)
def poll_at_every_step(monkeypatch):
    """Let workers poll for commands after every step."""
    monkeypatch.setattr(recorder, "POLL_INTERVAL", 0.0)
    monkeypatch.setattr(worker_race, "POLL_INTERVAL", 0.0)


def begin(store, specs, **options):
    """→ the ids of a new race's members, and its events."""
    runs = create_group(store, "race", specs, lease="of its worker", **options).runs
    return runs, train_taken(store, runs[0], "of its worker")


def states(store, runs):
    return [store.run(run_id).state for run_id in runs]


def trained(store, run_id):
    """(parameters, optimizer state) of the checkpoint."""
    network, _, optimizer = store.run(run_id).spec.build()
    checkpoint.unpack(store.checkpoint(run_id), network.parameters, optimizer, network.sizes)
    return network.parameters, optimizer.state


def assert_as_alone(store, run_id):
    """The run is what its configuration is when it trains alone."""
    run = store.run(run_id)
    alone = store.create(run.spec)
    for _ in work(store, alone.id):
        pass
    assert run.state is State.FINISHED
    for ours, theirs in zip(trained(store, run_id), trained(store, alone.id), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert store.points(run_id) == store.points(alone.id)
    scores = [[epoch["test_accuracy"] for epoch in store.epochs(i)] for i in (run_id, alone.id)]
    assert scores[0] == scores[1]
    assert store.run(alone.id).test_accuracy == run.test_accuracy


def seen_by(store, runs):
    return [store.run(run_id).samples_seen for run_id in runs]


def test_members_are_never_further_apart_than_the_largest_batch(store):
    runs, events = begin(store, DIFFERENT)
    seen = dict.fromkeys(runs, 0)
    furthest = 0
    total = 2 * 3000
    for run_id, event in events:
        if event is not None:
            seen[run_id] = event.samples_seen
        furthest = max(furthest, max(seen.values()) - min(seen.values()))
    assert set(seen.values()) == {total} and states(store, runs) == [State.FINISHED] * 4
    assert 70 <= furthest <= 100


def test_each_member_ends_as_if_it_had_trained_alone(store):
    runs, events = begin(store, DIFFERENT)
    for _ in events:
        pass
    for run_id in runs:
        assert_as_alone(store, run_id)
        assert len(store.accuracy_estimates(run_id)) >= 12


def crash(store):
    """Leave the runs as a worker does that crashes here."""
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(state=State.STOPPED, lease=None))


def test_after_a_crash_each_member_resumes_alone_and_ends_as_if_nothing_had_happened(store):
    runs, events = begin(store, DIFFERENT)
    list(islice(events, 90))
    crash(store)
    for run_id in runs:
        store.requeue(run_id)
        taken = take(store)
        assert taken[0] == run_id
        assert {member for member, _ in train_taken(store, *taken)} == {run_id}
    for run_id in runs:
        assert_as_alone(store, run_id)


@pytest.mark.parametrize("has_crashed", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_race_is_resumed_in_lockstep_and_ends_as_if_nothing_had_happened(
    store, monkeypatch, has_crashed
):
    monkeypatch.setattr("nn.runs.worker.process.launch", lambda run_id: None)
    monkeypatch.setattr("nn.runs.worker.loop.CHECKPOINT_INTERVAL", 0.0)
    runs, events = begin(store, DIFFERENT)
    list(islice(events, 90))
    if has_crashed:  # one of them has ended by now, another is behind
        crash(store)
        store.requeue(runs[0])
        for _ in train_taken(store, *take(store)):
            pass
        store.requeue(runs[1])
        list(islice(train_taken(store, *take(store)), 9))
        crash_of = schema.runs.c.id == runs[1]
        with store.writing() as connection:
            connection.execute(
                update(schema.runs).where(crash_of).values(state=State.STOPPED, lease=None)
            )
    else:
        send_command(store, runs[1], "stop")
        for _ in events:
            pass
    resume_race(store, runs[3])
    going_on = runs[1:] if has_crashed else runs
    assert states(store, going_on) == [State.QUEUED] * len(going_on)
    assert store.run(runs[0]).state is (State.FINISHED if has_crashed else State.QUEUED)
    # Its members stopped within LEVEL_PATIENCE seconds, after any numbers of images.
    seen, have_caught_up = {}, False
    for run_id, event in train_taken(store, *take(store)):
        if event is not None:
            seen[run_id] = event.samples_seen
        if set(seen) == set(going_on):
            are_level = max(seen.values()) - min(seen.values()) <= 100
            assert are_level or not have_caught_up
            have_caught_up |= are_level
    assert have_caught_up
    for run_id in runs:
        assert_as_alone(store, run_id)


@pytest.mark.slow
def test_in_a_free_race_the_member_with_the_least_training_time_takes_the_next_step(
    store, monkeypatch
):
    paces = []
    monkeypatch.setattr(worker_race, "Pace", lambda count: paces.append(Pace(count)) or paces[-1])
    specs = [replace(BASE, epochs=4, batch_size=size) for size in (500, 5)]
    runs, events = begin(store, specs, free=True)
    before = [0.0, 0.0]
    while states(store, runs) != [State.FINISHED, State.RUNNING]:
        run_id, event = next(events)
        if isinstance(event, Step) and event.step > 1:
            assert before[runs.index(run_id)] == min(before)
        before = [pace.seconds for pace in paces]
    assert store.run(runs[1]).samples_seen < store.run(runs[0]).samples_seen == 4 * 3000
    for _ in events:
        pass
    for run_id in runs:
        assert_as_alone(store, run_id)


# Commands


def ask(store, runs, events, kind, value=None, rounds=30):
    """Give the race a command → the steps that each member took in some rounds after it."""
    store.command(runs[1], kind, value)
    steps = Counter(run_id for run_id, event in islice(events, rounds) if isinstance(event, Step))
    return [steps[run_id] for run_id in runs]


def test_a_race_pauses_takes_single_steps_resumes_and_stops_after_equally_many_images(store):
    runs, events = begin(store, [replace(spec, epochs=1000) for spec in RATES])
    list(islice(events, 31))
    ask(store, runs, events, "pause")
    assert states(store, runs) == [State.PAUSED] * 3
    assert ask(store, runs, events, "pause") == [0, 0, 0]
    [before] = set(seen_by(store, runs))
    assert ask(store, runs, events, "step", 2, rounds=60) == [2, 2, 2]
    assert seen_by(store, runs) == [before + 2 * BASE.batch_size] * 3
    assert min(ask(store, runs, events, "resume", rounds=91)) > 10
    assert states(store, runs) == [State.RUNNING] * 3
    ask(store, runs, events, "stop")
    assert states(store, runs) == [State.STOPPED] * 3
    assert len(set(seen_by(store, runs))) == 1
    assert list(events) == []


def test_batches_that_divide_each_other_stop_after_equally_many_images(store, monkeypatch):
    monkeypatch.setattr(worker_race, "LEVEL_PATIENCE", 60)  # on a busy machine
    sizes = (25, 50, 100)
    runs, events = begin(store, [replace(BASE, batch_size=size, epochs=1000) for size in sizes])
    list(islice(events, 33))
    store.command(runs[0], "stop")
    for _ in events:
        pass
    assert states(store, runs) == [State.STOPPED] * 3
    assert len(set(seen_by(store, runs))) == 1


def test_another_learning_rate_is_for_one_member(store):
    runs, events = begin(store, RATES)
    list(islice(events, 30))
    ask(store, runs, events, "lr", 0.3)
    assert [store.current_setting(run_id, "lr") for run_id in runs] == [None, 0.3, None]
    events.close()


def test_a_paused_race_rests(store, monkeypatch):
    monkeypatch.undo()  # poll as often as workers do
    runs, events = begin(store, RATES)
    list(islice(events, 30))
    store.command(runs[0], "pause")
    while states(store, runs) != [State.PAUSED] * 3:
        next(events)
    began, before = time.monotonic(), time.process_time()
    while time.monotonic() < began + 1:
        assert next(events)[1] is None
    assert time.process_time() - before < 0.5
    events.close()


def test_a_slowed_race_stays_in_lockstep(store):
    runs, events = begin(store, RATES)
    list(islice(events, 30))
    store.command(runs[0], "speed", 50)
    while any(store.current_setting(run_id, "speed") != 50 for run_id in runs):
        next(events)
    began, steps = time.monotonic(), []
    while len(steps) < 15:
        _, event = next(events)
        steps += [event.samples_seen] if isinstance(event, Step) else []
    assert time.monotonic() - began >= 4 / 50
    assert len(set(steps)) <= 6
    events.close()


def test_closing_the_events_stops_all_members(store):
    runs, events = begin(store, RATES)
    list(islice(events, 31))
    events.close()
    assert states(store, runs) == [State.STOPPED] * 3
    assert max(seen_by(store, runs)) - min(seen_by(store, runs)) <= BASE.batch_size


def test_a_watched_race_writes_live_snapshots_of_all_members_as_often_as_one_run_alone(
    store, monkeypatch
):
    monkeypatch.setattr(recorder, "LIVE_INTERVAL", 0.2)
    monkeypatch.setattr(recorder, "LIVE_SHARE", 1.0)
    runs, events = begin(store, [replace(spec, epochs=1000) for spec in RATES])
    store.watch(runs, 1000)
    live = []
    replace_live = recorder.replace_live
    monkeypatch.setattr(
        recorder, "replace_live", lambda *row: live.append(time.monotonic()) or replace_live(*row)
    )
    while len(live) < 9:
        next(events)
    events.close()
    assert live[8] - live[2] >= 2 * 3 * 0.2 * 0.9  # each member has written twice more
    for run_id in runs:
        assert store.run(run_id).state is State.STOPPED


# Dropping out


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_member_that_diverges_or_fails_drops_out_and_the_others_go_on(store, monkeypatch):
    specs = [
        BASE,
        replace(BASE, lr=1000.0, initializer="normal", hidden=(64,) * 8, lr_schedule="constant"),
        replace(BASE, init_from="0123abcd@5"),
    ]
    runs, events = begin(store, specs)
    for _ in events:
        pass
    assert states(store, runs) == [State.FINISHED, State.DIVERGED, State.FAILED]
    assert "diverged" in store.run(runs[1]).message
    assert "missing" in store.run(runs[2]).message
    assert_as_alone(store, runs[0])


def test_a_deleted_member_drops_out(store):
    runs, events = begin(store, RATES)
    list(islice(events, 30))
    store.delete(runs[1])
    for _ in events:
        pass
    assert states(store, [runs[0], runs[2]]) == [State.FINISHED] * 2


# The queue


def take(store, run_id=None):
    with store.exclusive() as connection:
        return queue.take_next(connection, run_id)


def leased(store, runs):
    r = schema.runs.c
    found = dict(store.rows(schema.runs.select().with_only_columns(r.id, r.lease)))
    return [found[run_id] for run_id in runs]


def test_a_race_is_taken_as_a_whole_and_occupies_one_slot(store, monkeypatch):
    monkeypatch.setattr(queue, "available_cores", lambda: 2)
    runs = create_group(store, "race", RATES).runs
    other = store.create(BASE)
    assert take(store, runs[1])[0] == runs[1]
    assert len({*leased(store, runs)}) == 1 and None not in leased(store, runs)
    with store.engine.connect() as connection:
        assert (queue.taken_slots(connection), queue.free_slots(connection)) == (1, 1)
    assert take(store)[0] == other.id


def test_a_queued_race_is_stopped_as_a_whole(store):
    runs = create_group(store, "race", RATES).runs
    other = store.create(BASE)
    assert send_command(store, runs[2], "stop") is None
    assert states(store, [*runs, other.id]) == [State.STOPPED] * 3 + [State.QUEUED]


def test_the_members_of_a_grid_are_taken_one_by_one(store, monkeypatch):
    monkeypatch.setattr(queue, "available_cores", lambda: 2)
    runs = create_group(store, "grid", RATES).runs
    assert [take(store)[0] for _ in range(2)] == list(runs[:2])
    assert leased(store, runs)[2] is None


def test_a_race_paused_for_long_releases_its_slot_and_goes_on_in_lockstep(store, monkeypatch):
    monkeypatch.setattr(control, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("nn.runs.worker.process.launch", lambda run_id: None)
    runs, events = begin(store, RATES)
    list(islice(events, 31))
    store.command(runs[0], "pause")
    for _ in events:
        pass
    assert states(store, runs) == [State.PAUSED] * 3
    assert leased(store, runs) == [None] * 3
    send_command(store, runs[1], "resume")
    assert states(store, runs) == [State.QUEUED] * 3
    members = set()
    for run_id, _ in train_taken(store, *take(store)):
        members.add(run_id)
    assert members == set(runs)
    for run_id in runs:
        assert_as_alone(store, run_id)


def test_the_members_of_a_race_release_their_slot_together(store):
    runs = create_group(store, "race", RATES).runs
    _, lease = take(store)
    first, second, third = [Recorder(store, run_id, lease) for run_id in runs]
    first.state(State.PAUSED)
    second.state(State.PAUSED)
    assert not first.release()  # the third still trains
    third.state(State.PAUSED)
    assert store.command(runs[2], "resume")
    assert not first.release()  # all of them have to obey it
    for member, run_id in zip((first, second, third), runs, strict=True):
        member.acknowledge(store.commands(run_id)[0])
    assert first.release()
    assert leased(store, runs) == [None] * 3
    assert second.release() and third.release()


def test_a_killed_worker_leaves_interrupted_members_and_one_of_them_resumes_alone(store):
    runs = create_group(store, "race", [replace(spec, epochs=10_000) for spec in RATES]).runs
    worker = subprocess.Popen(
        [sys.executable, "-m", "nn.runs.worker", runs[0]],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    try:
        until = time.monotonic() + 60
        while min(seen_by(store, runs)) < 1000:
            assert time.monotonic() < until and worker.poll() is None
            time.sleep(0.05)
        with store.engine.connect() as connection:
            assert queue.taken_slots(connection) == 1
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    with store.writing() as connection:
        then = schema.runs.c.heartbeat - queue.LEASE_SECONDS
        connection.execute(update(schema.runs).values(heartbeat=then))
    assert states(store, runs) == [State.INTERRUPTED] * 3
    store.requeue(runs[2])
    taken = take(store)
    events = train_taken(store, *taken)
    assert {run_id for run_id, _ in islice(events, 20)} == {runs[2]}
    events.close()
    assert states(store, runs) == [State.INTERRUPTED] * 2 + [State.STOPPED]
