from __future__ import annotations

import time
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import select

from nn.network import parameter_count
from nn.runs.store import schema
from nn.runs.store.store import Command, State
from nn.runs.worker import recorder as recorders
from nn.runs.worker import snapshot_schedule
from nn.runs.worker.recorder import LeaseLost, Recorder
from nn.training import Epoch, Step

SIZES = (784, 8, 10)
W = np.resize(np.array([0.5, -0.25], np.float32), parameter_count(SIZES))


def at(step):
    return Step(step, samples_seen=10 * step, loss=1 / step, smoothed_loss=2 / step)


def claim(store, run, steps=1000, sizes=SIZES):
    recorder = Recorder(store, run.id)
    recorder.start(sizes, steps, cores=1)
    return recorder


def everything(store):
    """Every row of the store, by table."""
    return {t.name: store.rows(select(t)) for t in schema.metadata.tables.values()}


def live_step(store):
    return next((row.step for row in store.rows(select(schema.live.c.step))), None)


@pytest.fixture
def run(store, quick):
    return store.create(quick)


@pytest.fixture
def recorder(store, run):
    return claim(store, run)


# Snapshots


@pytest.mark.parametrize("sizes", [SIZES, (784, 10_000, 10)])
def test_snapshots_stay_within_their_limits(store, run, sizes):
    recorder = claim(store, run, steps=500, sizes=sizes)
    recorder.untrained(W)
    for step in range(1, 501):
        recorder.record(at(step), W, 0.0)
    recorder.write(W)
    recorder.end(State.FINISHED, last=W)
    steps = store.snapshot_steps(run.id)
    assert steps[0] == 0 and steps[-1] == 500
    assert len(steps) <= snapshot_schedule.MAX_SNAPSHOTS
    assert len(steps) * 2 * parameter_count(sizes) <= snapshot_schedule.MAX_SNAPSHOT_BYTES


# The lease


def test_a_run_has_one_worker(store, run, recorder):
    with pytest.raises(LeaseLost):
        Recorder(store, run.id)


def test_a_run_that_does_not_exist_cannot_be_claimed(store):
    with pytest.raises(LeaseLost):
        Recorder(store, "nobody")


def test_a_run_that_has_ended_can_be_claimed_only_after_requeueing(store, run, recorder):
    recorder.end(State.STOPPED)
    with pytest.raises(LeaseLost):
        Recorder(store, run.id)
    store.requeue(run.id)
    Recorder(store, run.id)


WRITES = {
    "untrained": lambda old: old.untrained(W),
    "record": lambda old: old.record(at(1), W, 0.0),
    "write": lambda old: old.write(W),
    "epoch": lambda old: old.epoch(Epoch(1, 1, 1, 0.5, None, None, 1.0, 1.0), b"checkpoint"),
    "checkpoint": lambda old: old.checkpoint(b"checkpoint"),
    "state": lambda old: old.state(State.PAUSED),
    "beat": lambda old: old.lease.write_heartbeat(),
    "end": lambda old: old.end(State.FINISHED, last=W),
    "acknowledge": lambda old: old.acknowledge(Command(1, "stop")),
    "start": lambda old: old.start(SIZES, 10, cores=7),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_worker_that_lost_its_lease_writes_nothing(store, run, recorder, write):
    recorder.end(State.STOPPED)
    store.requeue(run.id)
    claim(store, run)
    store.command(run.id, "stop")
    before = everything(store)
    with pytest.raises(LeaseLost):
        write(recorder)
    assert everything(store) == before


def test_deleting_a_run_ends_its_workers_lease(store, run, recorder):
    store.delete(run.id)
    with pytest.raises(LeaseLost):
        recorder.commands()


# Recording


def test_points_are_recorded_unchanged_at_the_steps_of_the_schedule(store, run):
    steps = 5 * snapshot_schedule.CURVE_POINTS
    recorder = claim(store, run, steps)
    for step in range(1, steps + 1):
        recorder.record(at(step), W, 0.0)
    recorder.write(W)
    assert store.points(run.id) == [
        at(step) for step in sorted(snapshot_schedule.curve_steps(steps))
    ]


def test_snapshots_hold_the_parameters_of_their_step(store, run):
    recorder = claim(store, run, steps=3)
    recorder.untrained(0 * W)
    for step in (1, 2, 3):
        recorder.record(at(step), step * W, 0.0)
    recorder.write(3 * W)
    for step in (0, 1, 2, 3):
        snapshot = store.snapshot(run.id, step)
        np.testing.assert_array_equal(snapshot.parameters, snapshot_schedule.to_float16(step * W))
        assert snapshot.loss == (at(step).smoothed_loss if step else None)


def test_a_run_shows_its_progress(store, run, recorder):
    recorder.record(at(7), W, 1.5)
    seen = store.run(run.id)
    assert (seen.state, seen.total_steps) == (State.RUNNING, 1000)
    assert (seen.step, seen.samples_seen, seen.seconds) == (7, 70, 1.5)


def test_missing_scores_are_recorded_as_none_not_zero(store, run, recorder):
    recorder.epoch(Epoch(1, 5, 50, 0.5, None, None, 1e3, 0.1), b"checkpoint")
    (epoch,) = store.epochs(run.id)
    assert [epoch[k] for k in ("val_loss", "val_accuracy", "test_accuracy")] == [None] * 3
    assert (epoch["train_loss"], epoch["step"], epoch["samples_seen"]) == (0.5, 5, 50)
    assert store.run(run.id).epoch == 1
    assert store.checkpoint(run.id) == b"checkpoint"


def test_only_the_last_checkpoint_is_kept(store, run, recorder):
    recorder.checkpoint(b"one")
    recorder.record(at(2), W, 0.0)
    recorder.checkpoint(b"two")
    assert store.rows(select(schema.checkpoints.c.step)) == [(2,)]
    assert store.checkpoint(run.id) == b"two"


@pytest.mark.parametrize(
    "save",
    [
        lambda recorder: recorder.checkpoint(b"checkpoint"),
        lambda recorder: recorder.epoch(
            Epoch(1, 10, 100, 0.5, None, None, 1.0, 1.0), b"checkpoint"
        ),
    ],
    ids=["checkpoint", "epoch"],
)
def test_a_checkpoint_is_never_ahead_of_the_recorded_points_and_snapshots(
    store, run, recorder, save
):
    """Otherwise a worker killed right after it would leave a gap that resuming cannot fill."""
    for step in range(1, 11):
        recorder.record(at(step), W, 0.0)
    save(recorder)
    assert [point.step for point in store.points(run.id)] == list(range(1, 11))
    assert set(store.snapshot_steps(run.id)) >= {1, 2, 3}


def test_a_resumed_run_records_no_step_twice_and_keeps_its_thread_count(store, run):
    first = Recorder(store, run.id)
    assert first.start(SIZES, 100, cores=2) == 2
    first.untrained(W)
    for step in range(1, 11):
        first.record(at(step), W, 0.0)
    first.write(W)
    first.end(State.STOPPED, last=W)

    store.requeue(run.id)
    second = Recorder(store, run.id)
    assert second.start(SIZES, 100, cores=1) == 2
    second.untrained(-W)
    for step in range(6, 16):  # its checkpoint is older than the last recorded step
        second.record(at(step), W, 0.0)
    second.write(W)
    assert [point.step for point in store.points(run.id)] == list(range(1, 16))
    np.testing.assert_array_equal(
        store.snapshot(run.id, 0).parameters, snapshot_schedule.to_float16(W)
    )


def test_a_locked_database_delays_recording_and_loses_nothing(store, run, locker):
    recorder = claim(store, run, steps=100)
    with locker():
        for step in range(1, 51):
            recorder.record(at(step), W, 0.0)
        recorder.epoch(Epoch(1, 50, 500, 0.5, None, None, 1e3, 0.1), b"checkpoint")
        assert store.points(run.id) == store.epochs(run.id) == []
        assert store.checkpoint(run.id) is None
    for step in range(51, 101):
        recorder.record(at(step), W, 0.0)
    recorder.write(W)
    assert [epoch["epoch"] for epoch in store.epochs(run.id)] == [1]
    assert store.rows(select(schema.checkpoints.c.step)) == [(50,)]
    assert store.checkpoint(run.id) == b"checkpoint"
    assert [(p.step, p.loss) for p in store.points(run.id)] == [
        (step, 1 / step) for step in range(1, 101)
    ]
    assert set(store.snapshot_steps(run.id)) == snapshot_schedule.snapshot_steps(
        100, parameter_count(SIZES)
    ) - {0}


# Live snapshots


def test_live_snapshots_are_written_only_while_there_are_viewers(store, run, recorder, monkeypatch):
    monkeypatch.setattr(recorders, "POLL_INTERVAL", 0.0)
    recorder.commands()
    recorder.record(at(1), W, 1e3)
    recorder.write(W)
    assert live_step(store) is None

    store.watch([run.id], 60)
    recorder.commands()
    recorder.record(at(2), W, 1e3)
    assert live_step(store) == 2

    store.request_live_snapshot([run.id])
    recorder.commands()
    recorder.record(at(3), W, 1e3)
    recorder.write(W)
    assert live_step(store) == 2
    assert store.run(run.id).step == 3


def test_a_viewer_of_few_frames_asks_for_one_live_snapshot_at_a_time(
    store, run, recorder, monkeypatch
):
    monkeypatch.setattr(recorders, "POLL_INTERVAL", 0.0)
    seen = []
    for step in range(1, 7):
        if step in (2, 5):
            store.request_live_snapshot([run.id])
        recorder.commands()
        recorder.record(at(step), W, 1e3)
        recorder.write(W)
        seen.append(live_step(store))
    assert seen == [None, 2, 2, 2, 5, 5]


def test_live_snapshots_are_written_at_most_thirty_times_a_second(store, run, recorder):
    store.watch([run.id], 60)
    recorder.commands()
    seen, began = set(), time.monotonic()
    for step in count(1):
        recorder.record(at(step), W, 1e3)
        seen.add(live_step(store))
        if len(seen) == 12:
            break
    assert len(seen) <= 30 * (time.monotonic() - began) + 2


def test_live_snapshots_take_at_most_a_twentieth_of_the_training_time(
    store, run, recorder, monkeypatch
):
    """The fake clock advances 10 ms per reading, so writing a live snapshot takes 10 ms."""
    ticks = count(0, 0.01)
    clock = SimpleNamespace(
        monotonic=time.monotonic, perf_counter=lambda: next(ticks), thread_time=lambda: next(ticks)
    )
    monkeypatch.setattr(recorders, "time", clock)
    store.watch([run.id], 60)
    recorder.commands()
    seen = set()
    for step in range(1, 301):
        recorder.record(at(step), W, seconds=step / 100)
        seen.add(live_step(store))
    assert 10 <= len(seen) <= (0.05 * 3 + 0.05) / 0.01


def test_a_run_that_has_ended_keeps_its_last_snapshot_but_no_live_one(store, run, recorder):
    store.watch([run.id], 60)
    recorder.commands()
    recorder.record(at(1), W, 1e3)
    recorder.record(at(777), W, 1e3)
    recorder.end(State.STOPPED, last=2 * W)
    assert live_step(store) is None
    np.testing.assert_array_equal(
        store.newest_snapshot(run.id).parameters, snapshot_schedule.to_float16(2 * W)
    )
    assert store.newest_snapshot(run.id).step == 777


# Commands


def test_commands_arrive_once_and_in_order_and_are_acknowledged_with_their_step(
    store, run, recorder, monkeypatch
):
    monkeypatch.setattr(recorders, "POLL_INTERVAL", 0.0)
    other = store.create(run.spec)
    kinds = ["stop", "pause", "resume"]
    for kind in kinds:
        store.command(run.id, kind)
    store.command(other.id, "stop")
    recorder.record(at(42), W, 0.0)
    commands = recorder.commands()
    assert [command.kind for command in commands] == kinds
    for command in commands[:2]:
        recorder.acknowledge(command)
    assert recorder.commands() == commands[2:]
    of_run = select(schema.commands.c.step).where(schema.commands.c.run == run.id)
    assert store.rows(of_run.order_by(schema.commands.c.id)) == [(42,), (42,), (None,)]


def test_of_many_commands_that_set_the_same_the_last_is_obeyed_once(
    store, run, recorder, monkeypatch
):
    monkeypatch.setattr(recorders, "POLL_INTERVAL", 0.0)
    for value in (10, 20, 30):
        store.command(run.id, "speed", value)
        store.command(run.id, "lr", value / 1000)
        store.command(run.id, "pause")
    recorder.record(at(42), W, 0.0)
    commands = recorder.commands()
    found = [(command.kind, command.value) for command in commands]
    assert found == [("pause", None), ("pause", None), ("speed", 30), ("lr", 0.03), ("pause", None)]
    for command in commands:
        recorder.acknowledge(command)
    assert recorder.commands() == []
    assert store.current_setting(run.id, "speed") == 30
    assert store.current_setting(run.id, "lr") == 0.03
    assert store.last_obeyed(run.id) == commands[-1].id


def test_a_slow_database_is_polled_less_often_and_still_often_enough(monkeypatch):
    monkeypatch.setattr(recorders.time, "perf_counter", lambda: 100.0)

    def pause(poll_seconds):
        return recorders.next_poll(100.0 - poll_seconds) - 100.0

    assert pause(0.0001) == pytest.approx(recorders.POLL_INTERVAL)
    assert pause(3 * recorders.POLL_SECONDS) == pytest.approx(3 * recorders.POLL_INTERVAL)
    assert pause(5.0) == pytest.approx(5 * recorders.POLL_INTERVAL)
    assert pause(5.0) < 0.5  # within which a run stops
