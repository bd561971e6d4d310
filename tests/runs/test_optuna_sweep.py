"""Trials of Optuna and the runs of the store."""

from __future__ import annotations

import sys
from dataclasses import replace
from statistics import median_low
from threading import Event, Thread

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sqlalchemy import insert, select

from nn.errors import FieldError, UserError
from nn.runs import optuna_sweep
from nn.runs.store import groups, schema
from nn.runs.store.store import State
from nn.runs.worker.loop import work

RATE = optuna_sweep.choices({"lr": "log:0.001..1"})


@pytest.fixture
def study(store):
    return optuna_sweep.open_study(store, "sweep")


@pytest.fixture
def start(store, study, quick):
    """``start(lr, …)`` → the next trial, with that learning rate, and its runs' ids by seed."""

    def start_trial(lr=None, seeds=1, spec=quick):
        if lr is not None:
            study.enqueue_trial({"lr": lr})
        trial, values = optuna_sweep.ask(study, RATE, seed=0)
        specs = [replace(spec, **values, seed=seed) for seed in range(seeds)]
        group = next(iter(groups.groups(store)), None)
        optuna_sweep.start(store, study, group, trial, specs, [""] * seeds)
        return trial, trial.user_attrs["runs"]

    return start_trial


def record_epoch(store, run_id, epoch, accuracy):
    row = {"run": run_id, "epoch": epoch, "step": epoch, "samples_seen": epoch, "train_loss": 1.0}
    row |= {"val_accuracy": accuracy, "images_per_second": 1.0, "seconds": 1.0}
    with store.writing() as connection:
        connection.execute(insert(schema.epochs).values(row))


def train(store, run_id):
    for _ in work(store, run_id):
        pass


def completed(study, accuracies=(0.5, 0.6, 0.7, 0.8, 0.9)):
    """Trials without runs: what the pruner compares with."""
    for accuracy in accuracies:
        trial = study.ask({"lr": RATE[0].distribution})
        trial.report(accuracy, 1)
        study.tell(trial, accuracy)


def states(study):
    return [trial.state.name for trial in study.get_trials()]


# What Optuna chooses from


@pytest.mark.parametrize(
    ("field", "text", "distribution"),
    [
        ("lr", "log:0.001..1", FloatDistribution(0.001, 1, log=True)),
        ("lr", "random:log:0.001..1", FloatDistribution(0.001, 1, log=True)),
        ("dropout", "0..0.5", FloatDistribution(0, 0.5)),
        ("batch_size", "15.5..256", IntDistribution(16, 256)),
        ("batch_size", "log:16..256", IntDistribution(16, 256, log=True)),
        ("lr", "0.1,0.01,0.1", CategoricalDistribution(["0.1", "0.01"])),
        ("lr", "log:0.01..1:3", CategoricalDistribution(["0.01", "0.1", "1.0"])),
        ("activation", "random:relu,tanh", CategoricalDistribution(['"relu"', '"tanh"'])),
        ("hidden", "16/64,32/none", CategoricalDistribution(["[16]", "[64, 32]", "[]"])),
    ],
)
def test_each_form_of_values_has_its_distribution(field, text, distribution):
    [choice] = optuna_sweep.choices({field: text})
    assert choice.distribution == distribution


def test_parameters_become_values_of_their_fields():
    texts = {"hidden": "16/64,32", "nesterov": "true,false", "batch_size": "1..9", "lr": "0.1..0.2"}
    hidden, nesterov, batch_size, lr = optuna_sweep.choices(texts)
    assert hidden.value("[64, 32]") == (64, 32)
    assert nesterov.value("true") is True
    assert batch_size.value(7) == 7 and isinstance(batch_size.value(7), int)
    assert lr.value(0.123456) == 0.1235 and lr.value(0.19999999) == 0.2


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        ("speed", "1..2", UserError),
        ("lr", "1..0.1", FieldError),
        ("lr", "log:0..1", FieldError),
        ("batch_size", "16.2..16.8", FieldError),
        ("batch_size", "1..99999", FieldError),
        ("hidden", "8/x", FieldError),
    ],
)
def test_what_is_no_choice_is_rejected(field, text, error):
    with pytest.raises(error):
        optuna_sweep.choices({field: text})


def test_the_fingerprint_knows_what_is_chosen_from(quick):
    settings = {"lr": "0.1..1", "dropout": "0..0.5"}
    key = optuna_sweep.fingerprint(quick, settings, 1)
    assert key == optuna_sweep.fingerprint(quick, dict(reversed(settings.items())), 1)
    assert key != optuna_sweep.fingerprint(quick, settings, 2)
    assert key != optuna_sweep.fingerprint(replace(quick, epochs=3), settings, 1)
    assert key != optuna_sweep.fingerprint(quick, settings | {"lr": "0.1..2"}, 1)


def test_without_optuna_a_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match=r"pip install -r requirements-cluster\.txt"):
        optuna_sweep.check_installed()


# Asking


def test_the_seed_decides_what_is_asked_also_by_a_study_opened_again(store):
    def rates(name, seed, reopen):
        study, found = optuna_sweep.open_study(store, name), []
        for number in range(15):  # after 10, they follow from the results
            if reopen:
                study = optuna_sweep.open_study(store, name)
            trial, values = optuna_sweep.ask(study, RATE, seed)
            study.tell(trial, 1 - values["lr"] + number / 100)
            found.append(values["lr"])
        return found

    once = rates("a", 0, reopen=False)
    assert rates("b", 0, reopen=True) == once
    assert rates("c", 1, reopen=False) != once
    assert len(set(once)) == 15


def test_the_result_of_a_trial_is_the_validation_accuracy_of_its_last_epoch(store, study, start):
    trial, [run_id] = start(0.1)
    assert not optuna_sweep.advance(store, study, trial)
    train(store, run_id)
    assert optuna_sweep.advance(store, study, trial)
    [ended] = study.get_trials()
    first, last = store.epochs(run_id)
    assert ended.intermediate_values == {1: first["val_accuracy"], 2: last["val_accuracy"]}
    assert (ended.state.name, ended.value) == ("COMPLETE", last["val_accuracy"])
    [group] = groups.groups(store)
    assert (group.id, group.kind, group.runs) == (study.study_name, "sweep", (run_id,))


def test_with_several_seeds_the_median_counts_and_the_first_seed_is_reported(store, study, start):
    trial, ids = start(0.1, seeds=3)
    for run_id in ids:
        assert not optuna_sweep.advance(store, study, trial)
        train(store, run_id)
    assert optuna_sweep.advance(store, study, trial)
    [ended] = study.get_trials()
    last = [store.epochs(run_id)[-1]["val_accuracy"] for run_id in ids]
    assert ended.value == median_low(last) and ended.intermediate_values[2] == last[0]


def test_without_a_validation_set_the_test_accuracy_counts(store, study, start, quick):
    assert optuna_sweep.objective(quick.load_splits()) == "validation"
    spec = replace(quick, validation_size=0)
    assert optuna_sweep.objective(spec.load_splits()) == "test"
    trial, [run_id] = start(0.1, spec=spec)
    train(store, run_id)
    assert optuna_sweep.advance(store, study, trial)
    assert study.best_value == store.run(run_id).test_accuracy


def test_divergence_counts_as_accuracy_0(store, study, start, quick):
    trial, [run_id] = start(1.0, spec=replace(quick, loss="squared_error", momentum=0.9))
    with store.writing() as connection:
        runs = schema.runs
        connection.execute(
            runs.update().where(runs.c.id == run_id).values(state=State.DIVERGED, lease=None)
        )
    assert optuna_sweep.advance(store, study, trial)
    assert (states(study), study.best_value) == (["COMPLETE"], 0.0)


def test_a_run_that_somebody_stopped_is_a_failed_trial(store, study, start):
    trial, ids = start(0.1, seeds=2)
    store.cancel(ids[1])
    assert optuna_sweep.advance(store, study, trial)
    assert states(study) == ["FAIL"]
    assert {store.run(run_id).state for run_id in ids} == {State.STOPPED}
    assert len(optuna_sweep.trials(study)) == 1


# Pruning


def test_pruning_stops_a_run_that_trains(store, study, start, quick):
    completed(study)
    trial, [run_id] = start(0.001, spec=replace(quick, epochs=50))
    events = work(store, run_id)
    while not store.epochs(run_id):
        assert not optuna_sweep.advance(store, study, trial)
        next(events)
    assert optuna_sweep.advance(store, study, trial)
    for _ in events:  # it obeys within a few steps
        pass
    run = store.run(run_id)
    assert run.state is State.STOPPED and run.epoch < 50
    ended = study.get_trials()[-1]
    accuracy = store.epochs(run_id)[0]["val_accuracy"]
    assert accuracy < 0.7
    assert (ended.state.name, ended.last_step, ended.value) == ("PRUNED", 1, accuracy)


@pytest.mark.parametrize(("accuracy", "pruned"), [(0.69, True), (0.7, False)])
def test_a_trial_below_the_median_is_pruned_with_all_of_its_seeds(
    store, study, start, accuracy, pruned
):
    completed(study)
    trial, ids = start(0.01, seeds=2)
    record_epoch(store, ids[1], 1, 0.1)  # only the first one decides
    assert not optuna_sweep.advance(store, study, trial)
    record_epoch(store, ids[0], 1, accuracy)
    assert optuna_sweep.advance(store, study, trial) == pruned
    expected = State.STOPPED if pruned else State.QUEUED
    assert {store.run(run_id).state for run_id in ids} == {expected}
    assert states(study)[-1] == ("PRUNED" if pruned else "RUNNING")


def test_nothing_is_pruned_before_five_trials_are_complete_nor_after_the_last_epoch(
    store, study, start
):
    completed(study, [0.9] * 4)
    trial, [run_id] = start(0.01)
    record_epoch(store, run_id, 1, 0.1)
    assert not optuna_sweep.advance(store, study, trial)
    completed(study, [0.9])
    record_epoch(store, run_id, 2, 0.1)  # of 2
    assert not optuna_sweep.advance(store, study, trial)


def test_a_run_that_finished_before_anybody_looked_is_pruned_all_the_same(store, study, start):
    completed(study)
    trial, [run_id] = start(0.001)
    train(store, run_id)
    assert optuna_sweep.advance(store, study, trial)
    assert (states(study)[-1], study.get_trials()[-1].last_step) == ("PRUNED", 1)


# Interruption


def test_an_interrupted_trial_is_asked_again_first_and_its_run_goes_on(store, study, start):
    trial, ids = start(seeds=2)
    events = work(store, ids[0])
    while not store.epochs(ids[0]):
        next(events)
    events.close()
    optuna_sweep.interrupt(store, study, trial)
    assert {store.run(run_id).state for run_id in ids} == {State.STOPPED}
    assert optuna_sweep.trials(study) == []
    again, same = start(seeds=2)
    assert same == ids and again.params == trial.params
    assert len(store.runs()) == 2 and {run.state for run in store.runs()} == {State.QUEUED}
    for run_id in ids:
        train(store, run_id)
    assert optuna_sweep.advance(store, study, again)
    assert states(study) == ["FAIL", "COMPLETE"]
    assert [each.number for each in optuna_sweep.trials(study)] == [1]


def test_trials_left_running_are_closed_unless_their_runs_go_on(store, study, start):
    _, finished, stopped, deleted, unborn = (start(lr) for lr in (0.1, 0.2, 0.3, 0.4, 0.5))
    train(store, finished[1][0])
    store.cancel(stopped[1][0])
    store.delete(deleted[1][0])
    store.delete(unborn[1][0])
    unborn[0].set_user_attr("runs", [])
    again = optuna_sweep.open_study(store, study.study_name)
    adopted = optuna_sweep.left_running(store, again)
    assert [trial.number for trial in adopted] == [0, 1]
    assert states(again) == ["RUNNING", "RUNNING", "FAIL", "FAIL", "FAIL"] + ["WAITING"] * 3
    assert [optuna_sweep.advance(store, again, trial) for trial in adopted] == [False, True]
    assert again.best_value == store.epochs(finished[1][0])[-1]["val_accuracy"]
    assert start()[1] == stopped[1]  # the first of those that wait


def test_a_repeated_configuration_is_not_trained_again(store, study, start):
    first, [run_id] = start(0.1)
    train(store, run_id)
    optuna_sweep.advance(store, study, first)
    second, ids = start(0.1)
    assert ids == [run_id]
    assert optuna_sweep.advance(store, study, second)
    assert [trial.value for trial in study.get_trials()] == [study.best_value] * 2
    assert len(store.runs()) == 1


# The database


def test_the_study_is_written_beside_others_who_write_to_the_store(store, study, quick):
    """Also in SQLite, where one writes at a time."""
    over, errors, written = Event(), [], []

    def write():
        while not over.is_set():
            try:
                written.append(store.create(quick).id)
            except Exception as error:
                errors.append(error)

    writers = [Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(20):
            trial, values = optuna_sweep.ask(study, RATE, 0)
            for epoch in range(3):
                trial.report(values["lr"], epoch)
                trial.should_prune()
            study.tell(trial, values["lr"])
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert not errors and len(store.rows(select(schema.runs.c.id))) == len(written) > 20
    assert len(study.get_trials()) == 20


def test_tables_of_another_version_of_optuna_are_reported(store, study):
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v99'")
        connection.exec_driver_sql("UPDATE version_info SET library_version = '99.0'")
    with pytest.raises(UserError, match="Optuna cannot use the run database"):
        optuna_sweep.open_study(store, "other")
