from __future__ import annotations

import re
import time
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from sqlalchemy import select, update

from nn.data import sources
from nn.data.formats import npz
from nn.data.synthetic import handwriting
from nn.errors import UserError
from nn.metrics import Sample
from nn.models import checkpoint, pretrained
from nn.runs import load_network
from nn.runs.spec import RunSpec
from nn.runs.store import queue, schema
from nn.runs.store.store import RunStore, State
from nn.runs.worker import accuracy_meter, control, loop, recorder, snapshot_schedule
from nn.runs.worker.loop import fair_share, work
from nn.runs.worker.recorder import LeaseLost, Recorder
from nn.training import Epoch, Step, TrainingState, train

TIMES = ("images_per_second", "seconds")  # columns of an epoch that differ between identical runs


@pytest.fixture(autouse=True)
def poll_at_every_step(monkeypatch):
    """Let workers poll for commands after every step instead of 25 times a second."""
    monkeypatch.setattr(recorder, "POLL_INTERVAL", 0.0)


def drain(store, run):
    """Train to the end → the run afterward."""
    for _ in work(store, run.id):
        pass
    return store.run(run.id)


def trained(store, run):
    """(parameters, optimizer state) of the checkpoint."""
    network, _, optimizer = run.spec.build()
    checkpoint.unpack(store.checkpoint(run.id), network.parameters, optimizer, network.sizes)
    return network.parameters, optimizer.state


def state(store, run):
    return store.run(run.id).state


def test_a_finished_run_has_all_points_epochs_snapshots_and_its_checkpoint(store, quick):
    run = store.create(quick)
    events = list(work(store, run.id))
    run = store.run(run.id)
    assert run.state is State.FINISHED
    assert (run.step, run.total_steps, run.epoch, run.samples_seen) == (100, 100, 2, 38_000)
    assert [type(event) for event in events] == [*[Step] * 50, Epoch] * 2

    steps = [event for event in events if isinstance(event, Step)]
    assert [tuple(point) for point in store.points(run.id)] == [tuple(step) for step in steps]
    epochs = [event for event in events if isinstance(event, Epoch)]
    for recorded, epoch in zip(store.epochs(run.id), epochs, strict=True):
        assert (recorded["train_loss"], recorded["step"]) == (epoch.train_loss, epoch.step)
        assert (recorded["val_loss"], recorded["val_accuracy"]) == epoch.validation
        assert recorded["test_accuracy"] == epoch.test.accuracy
    assert run.test_accuracy == epochs[-1].test.accuracy

    network, _, _ = quick.build()
    first, last = store.snapshot(run.id, 0), store.snapshot(run.id, 100)
    np.testing.assert_array_equal(first.parameters, np.float16(network.parameters))
    np.testing.assert_array_equal(last.parameters, np.float16(trained(store, run)[0]))
    assert store.rows(select(schema.checkpoints.c.step)) == [(100,)]


@pytest.mark.parametrize("validation_size", [1000, 0])
def test_accuracies_are_estimated_from_before_the_first_step_on(store, quick, validation_size):
    """On validation images; on training images where none are held out."""
    run = drain(store, store.create(replace(quick, validation_size=validation_size)))
    first, *others = store.accuracy_estimates(run.id)
    assert (first.step, first.samples_seen) == (0, 0)
    assert len(others) >= 12
    splits = run.spec.load_splits()
    images = splits.validation if validation_size else splits.train
    for estimate in (first, others[-1]):
        snapshot = store.snapshot(run.id, estimate.step)
        network = load_network.network_of(run.spec, snapshot.parameters)
        sample = Sample(images.images, images.labels, accuracy_meter.IMAGES, network)
        assert estimate.samples_seen == snapshot.samples_seen
        assert estimate.accuracy == pytest.approx(sample.accuracy(), abs=0.005)  # in float16
    assert first.accuracy < 0.3 < others[-1].accuracy


def test_estimating_the_accuracy_changes_nothing_in_the_training(store, quick, monkeypatch):
    """With dropout and augmentation, whose random numbers could be used up."""
    spec = replace(quick, dropout=0.2, augmentation=1.0)
    measured = drain(store, store.create(spec))
    assert len(store.accuracy_estimates(measured.id)) > 10
    monkeypatch.setattr(accuracy_meter.AccuracyMeter, "measure", lambda *_: None)
    plain = drain(store, store.create(spec))
    assert not store.accuracy_estimates(plain.id)
    for ours, theirs in zip(trained(store, measured), trained(store, plain), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert store.points(measured.id) == store.points(plain.id)


def test_a_resumed_run_estimates_no_step_twice(store, quick):
    run = store.create(quick)
    events = work(store, run.id)
    while store.run(run.id).step < 30:
        next(events)
    events.close()
    store.requeue(run.id)
    drain(store, run)
    steps = [estimate.step for estimate in store.accuracy_estimates(run.id)]
    assert steps == sorted(set(steps)) and steps[0] == 0 and steps[-1] > 50


# Commands


def test_a_paused_run_takes_no_step_until_resumed_and_a_stopped_run_ends(store, quick):
    run = store.create(replace(quick, epochs=1000))
    events = work(store, run.id)

    def ask(kind):
        store.command(run.id, kind)
        return list(islice(events, 3))

    before = next(events)
    *_, paused, still = ask("pause")
    assert paused is still is None
    assert state(store, run) is State.PAUSED
    at = store.run(run.id).step
    assert store.rows(select(schema.checkpoints.c.step)) == [(at,)]

    resumed = [event for event in ask("resume") if event]
    assert state(store, run) is State.RUNNING
    assert resumed[0].step == at + 1 > before.step

    assert ask("stop")[2:] == []
    assert state(store, run) is State.STOPPED
    assert store.commands(run.id) == []


def test_a_paused_run_keeps_its_heartbeat_and_can_be_stopped(store, quick):
    run = store.create(replace(quick, epochs=1000))
    events = work(store, run.id)
    next(events)
    store.command(run.id, "pause")
    heartbeats = set()
    until = time.monotonic() + 2.5
    for _ in events:
        heartbeats.add(store.rows(select(schema.runs.c.heartbeat))[0].heartbeat)
        if time.monotonic() > until:
            break
    assert len(heartbeats) >= 2
    store.command(run.id, "stop")
    assert len(list(events)) <= 2
    assert state(store, run) is State.STOPPED


def test_a_run_stopped_while_its_worker_starts_takes_one_step(store, quick):
    run = store.create(replace(quick, epochs=1000), lease="of its worker")
    store.command(run.id, "stop")
    for _ in work(store, run.id, "of its worker"):
        pass
    assert (state(store, run), store.run(run.id).step) == (State.STOPPED, 1)


def test_closing_the_generator_stops_the_run_at_its_current_step(store, quick):
    run = store.create(quick)
    events = work(store, run.id)
    *_, last = islice(events, 30)
    events.close()
    run = store.run(run.id)
    assert (run.state, run.step, run.samples_seen) == (State.STOPPED, 30, last.samples_seen)
    np.testing.assert_array_equal(
        store.snapshot(run.id, 30).parameters, np.float16(trained(store, run)[0])
    )


def test_a_paused_run_takes_single_steps(store, quick):
    run = store.create(replace(quick, epochs=1000), lease="of its worker")
    events = work(store, run.id, "of its worker")
    next(events)

    def ask(kind, value=None):
        assert store.command(run.id, kind, value)
        return [event.step for event in islice(events, 6) if event]

    assert len(ask("step", 3)) == 6  # no effect while the run is running
    at = (ask("pause") or [store.run(run.id).step])[-1]
    assert ask("step", 1) == [at + 1]
    assert ask("step", 3) == [at + 2, at + 3, at + 4]
    assert (state(store, run), store.run(run.id).step) == (State.PAUSED, at + 4)
    assert store.rows(select(schema.checkpoints.c.step)) == [(at + 4,)]
    assert ask("step", 1000)[-1] == at + 10
    assert ask("pause") == []
    assert state(store, run) is State.PAUSED
    assert len(ask("resume")) >= 5
    assert state(store, run) is State.RUNNING
    events.close()


def test_a_single_step_that_completes_an_epoch_includes_its_scores(store, quick):
    run = store.create(quick)
    events = work(store, run.id)
    next(events)
    store.command(run.id, "pause")
    while next(events):
        pass
    at = store.run(run.id).step
    store.command(run.id, "step", 50 - at)
    taken = [event for event in islice(events, 60) if event]
    assert (taken[-2].step, taken[-1].step, len(store.epochs(run.id))) == (50, 50, 1)
    assert isinstance(taken[-1], Epoch) and state(store, run) is State.PAUSED


def test_a_limited_speed_slows_each_step_and_full_speed_does_not(store, quick):
    run = store.create(quick)
    events = work(store, run.id)
    next(events)
    store.watch([run.id], 60)
    store.command(run.id, "speed", 50)
    while not store.rows(select(schema.commands.c.step))[0].step:
        next(events)
    began, first = time.perf_counter(), store.run(run.id).step
    steps = [event.step for event in islice((e for e in events if isinstance(e, Step)), 6)]
    took = time.perf_counter() - began
    assert took >= 5 / 50 and steps == list(range(steps[0], steps[0] + 6)) and steps[0] > first
    assert store.newest_snapshot(run.id).step >= steps[-2]  # a live snapshot for each batch
    store.command(run.id, "speed", 0)
    assert sum(isinstance(event, Step) for event in events) > 50
    assert state(store, run) is State.FINISHED


@pytest.mark.parametrize("value", [None, -1, float("nan"), float("inf"), "fast"])
def test_an_impossible_speed_is_rejected(store, quick, value):
    run = store.create(quick)
    next(work(store, run.id))
    with pytest.raises(UserError, match="speed must be a number"):
        store.command(run.id, "speed", value)


def test_a_new_learning_rate_applies_from_its_step_is_recorded_and_survives_a_crash(store, quick):
    """The reference trains up to that step at the first rate and from there at the second."""
    spec = replace(quick, lr_schedule="constant", lr=0.1)
    run = store.create(spec)
    events = work(store, run.id)
    list(islice(events, 10))
    store.command(run.id, "lr", 0.02)
    next(events)  # the worker reads its commands before it continues
    next(events)
    columns = schema.commands.c.kind, schema.commands.c.value, schema.commands.c.step
    [(kind, value, step)] = store.rows(select(*columns))
    assert (kind, value) == ("lr", 0.02) and 10 <= step <= 11

    # Simulate a crash of the worker here: the command must not be lost.
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(state=State.STOPPED))
    resumed = drain(store, store.requeue(run.id))

    network, loss, optimizer = spec.build()
    splits = sources.load_splits(spec.dataset, spec.validation_size, spec.seed)
    for event in train(
        network, loss, optimizer, splits.train, epochs=spec.epochs, batch_size=spec.batch_size,
        seed=spec.seed, state=TrainingState(),
    ):  # fmt: skip
        if isinstance(event, Step) and event.step == step:
            optimizer.lr = 0.02
    np.testing.assert_array_equal(trained(store, resumed)[0], network.parameters)


# Long pauses


def paused_for_long(store, quick, monkeypatch):
    """A run that has just released its slot."""
    monkeypatch.setattr(control, "PAUSE_SECONDS", 0.0)
    run = store.create(quick, lease="of its worker")
    events = work(store, run.id, "of its worker")
    list(islice(events, 20))
    store.command(run.id, "pause")
    list(events)
    return store.run(run.id)


def test_a_run_paused_for_a_long_time_releases_its_slot_and_stays_paused(store, quick, monkeypatch):
    run = paused_for_long(store, quick, monkeypatch)
    assert (run.state, run.total_steps) == (State.PAUSED, 100)
    assert 20 <= run.step < 100
    with store.engine.connect() as connection:
        assert queue.taken_slots(connection) == 0
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(heartbeat=0.0))
    assert state(store, run) is State.PAUSED
    assert store.cancel(run.id)
    assert state(store, run) is State.STOPPED


def test_a_run_resumed_after_releasing_its_slot_ends_like_one_that_never_paused(
    store, quick, monkeypatch
):
    run = paused_for_long(store, quick, monkeypatch)
    resumed, whole = drain(store, store.requeue(run.id)), drain(store, store.create(quick))
    assert resumed.state is State.FINISHED
    np.testing.assert_array_equal(trained(store, resumed)[0], trained(store, whole)[0])


def test_a_run_with_a_pending_command_does_not_release_its_slot(store, quick):
    run = store.create(quick)
    recorder = Recorder(store, run.id)
    recorder.start((784, 8, 10), 100, cores=1)
    recorder.state(State.PAUSED)
    store.command(run.id, "resume")
    assert not recorder.release()
    recorder.acknowledge(store.commands(run.id)[0])
    assert recorder.release()
    assert not store.command(run.id, "resume")


def test_a_worker_whose_run_was_given_to_another_releases_nothing(store, quick):
    run = store.create(quick)
    recorder = Recorder(store, run.id)
    recorder.end(State.STOPPED)
    store.requeue(run.id)
    other = Recorder(store, run.id)
    other.state(State.PAUSED)
    assert recorder.release()
    assert store.command(run.id, "resume")  # it has its worker


# Resuming

# More steps than the loss curve has points, so that some steps have no point.
LONG = RunSpec(
    hidden=(8,), lr=0.01, batch_size=4, epochs=2, dataset="strokes", validation_size=14_000, seed=1
)
STEPS = 3000
BETWEEN = next(
    step for step in range(1000, STEPS) if step not in snapshot_schedule.curve_steps(STEPS)
)
assert STEPS > snapshot_schedule.CURVE_POINTS


@pytest.fixture(scope="module")
def long_store(tmp_path_factory):
    return RunStore(f"sqlite:///{tmp_path_factory.mktemp('worker') / 'store.sqlite3'}")


@pytest.fixture(scope="module")
def whole(long_store):
    """An uninterrupted run."""
    run = drain(long_store, long_store.create(LONG))
    assert run.test_accuracy > 0.5  # it learned, so its last parameters depend on every step
    return run


@pytest.fixture(
    scope="module",
    params=[1, BETWEEN, STEPS // 2, STEPS // 2 + 1, STEPS + 2],
    ids=["first step", "between points", "epoch's last step", "epoch", "last event"],
)
def resumed(request, long_store):
    """The same run, stopped after ``request.param`` events and resumed."""
    run = long_store.create(LONG)
    events = work(long_store, run.id)
    for _ in islice(events, request.param):
        pass
    events.close()
    assert long_store.run(run.id).state is State.STOPPED
    return drain(long_store, long_store.requeue(run.id))


def test_a_resumed_run_ends_with_the_parameters_of_the_uninterrupted_one(
    long_store, whole, resumed
):
    for ours, theirs in zip(trained(long_store, resumed), trained(long_store, whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_resumed_run_ends_with_the_progress_of_the_uninterrupted_one(whole, resumed):
    def progress(run):
        return run.state, run.step, run.total_steps, run.samples_seen, run.epoch, run.test_accuracy

    assert progress(resumed) == progress(whole)


def test_a_resumed_run_records_the_epochs_of_the_uninterrupted_one(long_store, whole, resumed):
    def scores(run):
        epochs = long_store.epochs(run.id)
        return [{k: epoch[k] for k in epoch if k not in TIMES} for epoch in epochs]

    assert scores(resumed) == scores(whole)


def test_a_resumed_run_records_the_points_of_the_uninterrupted_one(long_store, whole, resumed):
    assert long_store.points(resumed.id) == long_store.points(whole.id)


def test_a_resumed_run_keeps_the_snapshots_of_the_uninterrupted_one(long_store, whole, resumed):
    """And at most one more: the step at which it was stopped."""
    steps = long_store.snapshot_steps(whole.id)
    assert set(steps) <= set(long_store.snapshot_steps(resumed.id))
    assert len(long_store.snapshot_steps(resumed.id)) <= len(steps) + 1
    for step in steps:
        ours, theirs = (long_store.snapshot(run.id, step) for run in (resumed, whole))
        assert ours[:3] == theirs[:3]
        np.testing.assert_array_equal(ours.parameters, theirs.parameters)


def test_a_second_worker_of_a_run_changes_nothing(store, quick):
    run = store.create(quick)
    events = work(store, run.id)
    next(events)
    with pytest.raises(LeaseLost):
        next(work(store, run.id))
    for _ in events:
        pass
    assert state(store, run) is State.FINISHED


def test_a_worker_started_after_the_end_changes_nothing(store, quick):
    run = drain(store, store.create(quick))
    with pytest.raises(LeaseLost):
        next(work(store, run.id))
    assert store.run(run.id) == run


# Initializing from another network, with extra data


@pytest.fixture(scope="module")
def fine_tuned(long_store, whole, tmp_path_factory):
    """The spec of a run that is initialized from another and has 30 images of extra data."""
    path = tmp_path_factory.mktemp("extra") / "extra.npz"
    npz.write(handwriting.make(30, seed=9), path)
    step = long_store.snapshot_steps(whole.id)[-3]
    return replace(LONG, init_from=f"{whole.id}@{step}", extra_data=str(path))


def test_a_run_is_initialized_from_a_snapshot(long_store, fine_tuned):
    events = work(long_store, (run := long_store.create(fine_tuned)).id)
    next(events)
    events.close()
    initial = long_store.snapshot(run.id, 0).parameters
    np.testing.assert_array_equal(
        initial, load_network.load(long_store, fine_tuned.init_from).network.parameters
    )
    assert long_store.epochs(run.id) == []


def test_a_run_is_initialized_from_the_pretrained_model_which_stays_unchanged(long_store):
    shared = pretrained.network()
    before = shared.parameters.copy()
    spec = replace(LONG, hidden=shared.sizes[1:-1], init_from="pretrained", batch_size=500)
    events = work(long_store, (run := long_store.create(spec)).id)
    list(islice(events, 3))
    events.close()
    np.testing.assert_array_equal(long_store.snapshot(run.id, 0).parameters, np.float16(before))
    np.testing.assert_array_equal(shared.parameters, before)


def test_extra_data_is_oversampled_and_added_to_the_training_set(long_store, fine_tuned):
    run = long_store.create(replace(fine_tuned, epochs=1))
    [epoch] = [event for event in work(long_store, run.id) if isinstance(event, Epoch)]
    assert epoch.samples_seen == 6000 + 22 * 30


def test_a_run_initialized_from_another_resumes_bit_for_bit(long_store, fine_tuned):
    """Even if the other run has been deleted: the checkpoint does not depend on it."""
    other = long_store.create(LONG)
    list(islice(work(long_store, other.id), 50))
    other = drain(long_store, long_store.requeue(other.id))
    fine_tuned = replace(fine_tuned, init_from=f"{other.id}@{other.step}")
    uninterrupted = drain(long_store, long_store.create(fine_tuned))
    assert uninterrupted.state is State.FINISHED
    run = long_store.create(fine_tuned)
    events = work(long_store, run.id)
    list(islice(events, 700))
    events.close()
    long_store.delete(other.id)
    again = drain(long_store, long_store.requeue(run.id))
    for ours, theirs in zip(
        trained(long_store, again), trained(long_store, uninterrupted), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"init_from": "0123abcd@5"}, "The network to initialize from is missing. There is no run"),
        ({"init_from": "{}@7777777"}, "is missing. .* has no snapshot at step 7,777,777"),
        ({"init_from": "{}@0", "hidden": (9,)}, r"hidden must be \(8,\), as in .*; got \(9,\)"),
        ({"init_from": "{}@0", "activation": "tanh"}, "activation must be 'relu'"),
        ({"init_from": "{}@0", "output": "sigmoid"}, "output must be 'softmax'"),
        ({"init_from": "pretrained"}, "hidden must be"),
        ({"extra_data": "/no longer/there.npz"}, "there is no file there.npz"),
    ],
)
def test_a_run_that_cannot_be_initialized_fails_with_a_message(long_store, whole, changes, message):
    changes = {key: text.format(whole.id) if key == "init_from" else text
               for key, text in changes.items()}  # fmt: skip
    run = drain(long_store, long_store.create(replace(LONG, **changes)))
    assert run.state is State.FAILED
    assert re.search(message, run.message)


# Divergence and failures

DIVERGING = RunSpec(
    hidden=(64,) * 5, lr=1000.0, epochs=1, dataset="strokes", validation_size=15_000
)
overflows = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@overflows
def test_a_diverged_run_names_its_learning_rate_and_keeps_its_curve(store):
    run = drain(store, store.create(DIVERGING))
    assert run.state is State.DIVERGED
    assert "learning rate well below 1000" in run.message
    number = int(run.message.split("at step ")[1].split(".")[0])
    assert run.step == number - 1 >= 1
    assert [point.step for point in store.points(run.id)] == list(range(1, number + 1))


@overflows
def test_the_smoothed_loss_of_a_diverged_run_ends_as_high_as_its_loss(store):
    """The running mean before was low, and a NaN could not be drawn."""
    run = drain(store, store.create(DIVERGING))
    *before, last = store.points(run.id)
    assert last.step == run.step + 1
    assert last.smoothed_loss == last.loss == loop.DIVERGED_LOSS
    assert before[-1].smoothed_loss < loop.DIVERGED_LOSS


@overflows
def test_the_standard_network_diverges_at_a_learning_rate_of_1000(store):
    run = drain(store, store.create(replace(DIVERGING, hidden=(128,))))
    assert run.state is State.DIVERGED


@overflows
def test_a_diverged_run_keeps_only_snapshots_with_finite_parameters(store):
    run = drain(store, store.create(DIVERGING))
    steps = store.snapshot_steps(run.id)
    assert 0 in steps and max(steps) < run.step  # the parameters after the last step are not finite
    for step in steps:
        assert np.isfinite(store.snapshot(run.id, step).parameters).all()
    assert store.newest_snapshot(run.id).step == max(steps)


@overflows
def test_a_run_whose_last_step_diverges_is_diverged_not_finished(store):
    one_step = replace(DIVERGING, hidden=(64,) * 12, initializer="normal", batch_size=10)
    run = drain(store, store.create(replace(one_step, validation_size=19_990)))
    assert run.total_steps == 1
    assert run.state is State.DIVERGED


def test_a_run_whose_images_are_missing_fails_with_a_message(store, quick, tmp_path, monkeypatch):
    monkeypatch.delenv("DIGITSCOPE_DATA", raising=False)
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))
    run = drain(store, store.create(replace(quick, dataset="mnist")))
    assert run.state is State.FAILED
    assert run.message.startswith("MNIST is not on this computer.")


def test_a_run_without_training_images_fails_with_a_message(store, quick):
    run = drain(store, store.create(replace(quick, validation_size=20_000)))
    assert run.state is State.FAILED
    assert "leaves none to learn from" in run.message


def test_an_active_run_warns_of_a_full_store(store, quick, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORAGE_QUOTA", "0 MiB")
    old, run = drain(store, store.create(quick)), store.create(quick)
    events = work(store, run.id)
    next(events)
    assert store.snapshot_steps(old.id) == [0, 100]
    assert "Delete some runs" in store.run(run.id).message
    for _ in events:
        pass
    assert (state(store, run), store.run(run.id).message) == (State.FINISHED, "")
    assert store.snapshot_steps(run.id) == [0, 100]
    assert store.checkpoint(old.id) and store.checkpoint(run.id)


def test_an_invalid_storage_quota_fails_the_run_with_a_message(store, quick, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORAGE_QUOTA", "plenty")
    run = drain(store, store.create(quick))
    assert run.state is State.FAILED
    assert "got 'plenty'" in run.message


def test_a_run_that_needs_too_much_memory_fails_with_a_message(store, quick, monkeypatch):
    def too_large(*_, **__):
        raise MemoryError

    monkeypatch.setattr(loop, "train", too_large)
    run = drain(store, store.create(quick))
    assert run.state is State.FAILED
    assert "Not enough memory" in run.message


def test_a_bug_in_the_worker_fails_the_run_and_is_raised(store, quick, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(loop, "train", broken)
    run = store.create(quick)
    with pytest.raises(ZeroDivisionError):
        drain(store, run)
    assert state(store, run) is State.FAILED
    assert store.run(run.id).message.endswith(".")


def test_the_worker_of_a_deleted_run_ends_without_an_error_and_leaves_no_rows(store, quick):
    run = store.create(replace(quick, epochs=1000))
    events = work(store, run.id)
    next(events)
    store.delete(run.id)
    assert len(list(events)) <= 2
    left = {table.name: store.rows(select(table)) for table in schema.metadata.tables.values()}
    assert not any(rows for name, rows in left.items() if name != "about")


# Threads


@pytest.mark.parametrize(
    ("cores", "active", "threads"),
    [(8, 1, 7), (8, 2, 3), (8, 3, 2), (8, 8, 1), (8, 20, 1), (2, 1, 1), (1, 1, 1)],
)
def test_active_runs_share_all_cores_but_one(store, quick, monkeypatch, cores, active, threads):
    monkeypatch.setattr(loop, "available_cores", lambda: cores)
    for _ in range(3):
        store.create(quick)  # queued, not active
    for number in range(active):
        store.create(quick, lease=f"of worker {number}")
    assert fair_share(store) == threads
