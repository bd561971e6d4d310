"""``sweep --optuna``, with real workers."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from nn.cli import sweep_optuna, train
from nn.errors import UserError
from nn.runs import optuna_sweep
from nn.runs.store import groups
from nn.runs.store.store import RunStore, State
from tests.cli.command_line import QUICK, assert_error_message, lines, nn, rows, shell
from tests.cli.test_sweep import worker_of

FIELDS = ["--set", "lr=log:0.01..1", "--set", "hidden=4/8"]
SWEEP = ["sweep", *QUICK, *FIELDS]
LONG = ["sweep", *QUICK, "--epochs", "60", *FIELDS]  # a few seconds a run
pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def one_slot(monkeypatch):
    monkeypatch.setattr("nn.runs.store.queue.available_cores", lambda: 1)


def study_of(store):
    [group] = groups.groups(store)
    return optuna_sweep.open_study(store, group.id)


def test_a_sweep_has_the_number_of_trials_and_is_listed_as_others(store):
    result = nn(*SWEEP, "--optuna", 3, "--name", "rates")
    assert result.exit_code == 0, result.output
    [group] = groups.groups(store)
    assert (group.kind, group.name, group.options["fields"]) == ("sweep", "rates", ["lr", "hidden"])
    runs = [store.run(run_id) for run_id in group.runs]
    assert len(runs) == 3 and {run.state for run in runs} == {State.FINISHED}
    assert all(0.01 <= run.spec.lr <= 1 and run.spec.hidden in ((4,), (8,)) for run in runs)
    assert runs[0].name == f"lr {runs[0].spec.lr:g}, hidden {runs[0].spec.hidden[0]}"
    *table, best = result.stdout.splitlines()
    assert len(table) == 3
    value = max(store.epochs(run.id)[-1]["val_accuracy"] for run in runs)
    assert best.startswith(f"Best validation accuracy: {value:.2%}, lr ")
    assert "Optuna maximizes the median validation accuracy." in result.stderr
    [listed] = rows(nn("sweeps", "--json"))
    assert (listed["name"], listed["runs"], listed["done"]) == ("rates", 3, 3)
    assert len(rows(nn("compare", group.id, "--json"))) == 3


@pytest.mark.slow
def test_the_same_command_trains_nothing_twice_and_more_trials_go_on(store):
    first = nn(*SWEEP, "--optuna", 2, "--json")
    assert "2/2" in first.stderr and "2/2" not in first.stdout  # the progress
    again = nn(*SWEEP, "--optuna", 2, "--json")
    assert rows(again) == rows(first) and len(store.runs()) == 2
    *configurations, end = rows(first)
    assert sorted(line["trial"] for line in configurations) == [0, 1]
    assert {line["state"] for line in configurations} == {"complete"}
    assert {line["event"] for line in configurations} == {"configuration"}
    assert (end["event"], end["runs"], end["done"], end["trials"]) == ("end", 2, 2, 2)
    assert rows(nn(*SWEEP, "--optuna", 4, "--json"))[-1]["trials"] == 4
    assert nn(*SWEEP, "--optuna", 2, "--new").exit_code == 0
    assert [len(group.runs) for group in groups.groups(store)] == [2, 4]


@pytest.mark.slow
def test_each_trial_has_all_seeds(store):
    configurations = rows(nn(*SWEEP, "--optuna", 2, "--seeds", 2, "--json"))[:-1]
    assert len(configurations) == 2
    for line in configurations:
        assert [store.run(run_id).spec.seed for run_id in line["runs"]] == [0, 1]
        values = [store.epochs(run_id)[-1]["val_accuracy"] for run_id in line["runs"]]
        assert line["value"] == min(values)  # the median: of two, the lower one


@pytest.mark.slow
def test_with_one_slot_the_same_command_gives_the_same_trials(one_slot, tmp_path, monkeypatch):
    found = []
    for name in "ab":
        monkeypatch.setenv("DIGITSCOPE_STORE", f"sqlite:///{tmp_path / name}.sqlite3")
        assert nn(*SWEEP, "--optuna", 5).exit_code == 0
        trials = study_of(RunStore()).get_trials()
        found.append([(trial.params, trial.state, trial.value) for trial in trials])
    assert found[0] == found[1] and len(found[0]) == 5


@pytest.mark.slow
def test_a_pruned_trial_is_shown_with_its_epoch(store, one_slot):
    command = ["sweep", *QUICK, "--set", "lr=log:0.00001..1", "--optuna"]
    assert nn(*command, 1).exit_code == 0
    for lr in (0.1, 0.11, 0.12, 0.13, 0.00001):  # pruning begins after five trials
        study_of(store).enqueue_trial({"lr": lr})
    result = nn(*command, 6)
    assert result.exit_code == 0, result.output
    assert "lr 1e-05: pruned at epoch 1" in result.stdout.splitlines()
    *configurations, end = rows(nn(*command, 6, "--json"))
    assert end["trials"] == len(configurations) == 6
    [pruned] = [line for line in configurations if line["state"] == "pruned"]
    assert (pruned["fields"], pruned["epoch"], pruned["trial"]) == ({"lr": 0.00001}, 1, 5)


def test_values_that_do_not_go_together_are_a_failed_trial(store, monkeypatch):
    command = ["sweep", *QUICK, "--set", "lr=0.1,0.2", "--set", "hidden=4/8", "--optuna"]
    assert nn(*command, 1).exit_code == 0

    def spec_with(store, preset, changes):
        if (changes["lr"], changes["hidden"]) == (0.2, (8,)):
            raise UserError("These two do not go together.")
        return train.spec_with(store, preset, changes)

    monkeypatch.setattr(sweep_optuna, "spec_with", spec_with)
    study_of(store).enqueue_trial({"lr": "0.2", "hidden": "[8]"})
    result = nn(*command, 2, "--json")
    assert "Trial 1 failed: These two do not go together." in result.stderr
    assert rows(result)[-1]["trials"] == 2 and len(store.runs()) == 1


def wait_for_a_step(store, process):
    until = time.monotonic() + 60
    while not any(run.step for run in store.runs()):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.05)


@pytest.mark.slow
def test_ctrl_c_stops_a_sweep_and_the_same_command_goes_on(store):
    process = shell(*LONG, "--optuna", 3, "--json")
    wait_for_a_step(store, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert (lines(out)[-1]["trials"], lines(out)[-1]["done"]) == (0, 0)
    assert "Traceback" not in err and "0 of 3 trials are done. The same command goes on." in err
    assert {run.state for run in store.runs()} == {State.STOPPED}
    study, stopped = study_of(store), {run.id for run in store.runs()}
    interrupted = [trial.params for trial in study.get_trials() if trial.state.name == "FAIL"]
    assert len(interrupted) == len(stopped)
    *configurations, end = rows(nn(*LONG, "--optuna", 3, "--json"))
    assert (end["trials"], end["runs"]) == (3, 3)
    assert stopped <= {run_id for line in configurations for run_id in line["runs"]}
    ended = optuna_sweep.trials(study)
    assert all(trial.state.is_finished() for trial in ended)
    assert [trial.params for trial in ended][: len(interrupted)] == interrupted
    finished = [run for run in store.runs() if run.state is State.FINISHED]
    assert {run.epoch for run in finished} == {60}


@pytest.mark.slow
def test_a_command_that_was_killed_leaves_trials_that_the_next_one_finishes(store):
    process = shell(*LONG, "--optuna", 2, "--json")
    try:
        wait_for_a_step(store, process)
    finally:
        process.kill()
        process.communicate()
    study = study_of(store)
    begun = [trial.number for trial in study.get_trials() if trial.state.name == "RUNNING"]
    assert begun
    end = rows(nn(*LONG, "--optuna", 2, "--json"))[-1]
    assert (end["trials"], end["runs"], end["done"]) == (2, 2, 2)
    assert [trial.state.name for trial in study.get_trials()] == ["COMPLETE"] * 2


@pytest.mark.slow
def test_a_run_whose_worker_was_killed_is_trained_to_its_end(store):
    process = shell(*LONG, "--optuna", 2, "--json")
    try:
        os.kill(worker_of(store, process), signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert (lines(out)[-1]["done"], lines(out)[-1]["trials"]) == (2, 2)
    assert {trial.state.name for trial in study_of(store).get_trials()} == {"COMPLETE"}


def test_without_optuna_one_sentence_says_what_to_install(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    message = assert_error_message(nn(*SWEEP, "--optuna", 2))
    assert "pip install -r requirements-cluster.txt" in message
    assert nn(*SWEEP[:-4], "--set", "lr=0.1").exit_code == 0  # other sweeps do without


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--optuna", "0", "--set", "lr=0.1..1"], "1 or more"),
        (["--optuna", "600", "--seeds", "2", "--set", "lr=0.1..1"], "at most 1,000 runs"),
        (["--optuna", "2", "--seeds", "0", "--set", "lr=0.1..1"], "1 or more"),
        (["--optuna", "2", "--seeds", "2", "--set", "seed=1,2"], "number of seeds"),
        (["--optuna", "2", "--draws", "2", "--set", "lr=0.1..1"], "--draws"),
        (["--optuna", "2", "--set", "lr=0..1"], "lr must be above 0"),
        (["--optuna", "2", "--set", "lr=0.1,fast"], "lr must be"),
        (["--optuna", "2", "--set", "speed=1,2"], "'speed'"),
        (["--optuna", "2", "--set", "dataset=nowhere.npz"], "nowhere.npz"),
    ],
)
def test_what_cannot_be_swept_is_rejected_with_a_message_and_records_no_run(
    store, arguments, expected
):
    assert expected in assert_error_message(nn("sweep", "--dataset", "strokes", *arguments))
    assert store.runs() == groups.groups(store) == []
