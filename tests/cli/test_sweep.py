from __future__ import annotations

import os
import re
import signal
import time
from itertools import pairwise

import pytest

from nn.runs.store import groups
from nn.runs.store.store import State
from nn.support import paths
from tests.cli.command_line import QUICK, assert_error_message, lines, nn, rows, shell

SWEEP = ["sweep", *QUICK, "--set", "lr=0.01,0.1", "--set", "hidden=4/8"]
LONG = [*QUICK, "--epochs", "40"]  # a few seconds
pytestmark = pytest.mark.usefixtures("store")


def test_a_sweep_trains_every_combination_with_every_seed(store):
    result = nn(*SWEEP, "--seeds", 2, "--name", "rates and widths")
    assert result.exit_code == 0, result.output
    [group] = groups.groups(store)
    assert (group.kind, group.name, group.options["fields"]) == (
        "sweep", "rates and widths", ["hidden", "lr"],
    )  # fmt: skip
    runs = [store.run(run_id) for run_id in group.runs]
    assert [(run.spec.lr, run.spec.hidden, run.spec.seed) for run in runs] == [
        (lr, hidden, seed) for lr in (0.01, 0.1) for hidden in ((4,), (8,)) for seed in (0, 1)
    ]
    assert {run.state for run in runs} == {State.FINISHED}
    assert runs[3].name == "hidden 8, lr 0.01, seed 1"
    table = result.stdout.splitlines()
    assert len(table) == 4 and all("2 seeds" in line for line in table)
    shown = [float(line.split(" (")[0].split()[-1].rstrip("%")) for line in table]
    assert all(better >= worse for better, worse in pairwise(shown))
    medians = {}
    for run in runs:
        key = f"hidden {run.spec.hidden[0]}, lr {run.spec.lr:g}"
        medians[key] = min(medians.get(key, 1.0), run.test_accuracy)  # of two, the lower one
    for line in table:
        name = line.split("  ")[0]
        assert f"{medians[name]:.2%}" in line


@pytest.mark.slow
def test_the_same_command_shows_the_results_and_trains_nothing_twice(store):
    first = nn(*SWEEP, "--json")
    again = nn(*SWEEP, "--json")
    assert rows(again) == rows(first)
    assert len(store.runs()) == 4
    *configurations, end = rows(first)
    assert [line["event"] for line in configurations] == ["configuration"] * 4
    assert (end["event"], end["runs"], end["done"], end["unfinished"]) == ("end", 4, 4, {})
    assert configurations[0]["fields"].keys() == {"lr", "hidden"}
    assert nn(*SWEEP, "--new").exit_code == 0
    assert len(store.runs()) == 8


def test_the_progress_is_on_standard_error_alone(store):
    result = nn(*SWEEP, "--json")
    assert [line["event"] for line in rows(result)] == ["configuration"] * 4 + ["end"]
    assert "4/4" in result.stderr and "best=" in result.stderr
    assert "/4" not in result.stdout


@pytest.mark.slow
def test_ctrl_c_stops_a_sweep_and_the_same_command_goes_on(store):
    command = ["sweep", *LONG, "--set", "lr=0.01,0.1"]
    process = shell(*command, "--json")
    until = time.monotonic() + 60
    while not any(run.step for run in store.runs()):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err and "The same command goes on" in err
    assert {run.state for run in store.runs()} == {State.STOPPED}
    assert lines(out)[-1]["done"] == 0
    stopped = max(store.runs(), key=lambda run: run.step)
    assert nn(*command).exit_code == 0
    assert len(store.runs()) == 2
    assert {run.state for run in store.runs()} == {State.FINISHED}
    resumed, whole = store.run(stopped.id), store.create(stopped.spec)
    drain(store, whole)
    assert resumed.test_accuracy == store.run(whole.id).test_accuracy


@pytest.mark.slow
def test_a_run_whose_worker_was_killed_is_trained_to_its_end(store):
    command = ["sweep", *LONG, "--set", "lr=0.01,0.1"]
    process = shell(*command, "--json")
    try:
        worker = worker_of(store, process)
        os.kill(worker, signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert lines(out)[-1]["done"] == 2
    assert {run.state for run in store.runs()} == {State.FINISHED}


def worker_of(store, process):
    """The process that trains a run, once it has taken steps."""
    until = time.monotonic() + 60
    while True:
        assert time.monotonic() < until and process.poll() is None
        for run in store.runs():
            found = re.search(r"trained by process (\d+)", log_text(run.id))
            if found and 0 < run.step < run.total_steps:
                return int(found[1])
        time.sleep(0.05)


def log_text(run_id):
    path = paths.log(run_id)
    return path.read_text() if path.exists() else ""


def drain(store, run):
    from nn.runs.worker.loop import work

    for _ in work(store, run.id):
        pass


def test_sweeps_lists_the_newest_first_with_its_best_configuration(store):
    assert nn("sweeps").stdout == ""
    nn("sweep", *QUICK, "--set", "lr=0.0001,0.1", "--name", "rates")
    nn("sweep", *QUICK, "--set", "batch_size=380,760")
    batches, rates = rows(nn("sweeps", "--json"))
    assert (rates["name"], rates["runs"], rates["done"], rates["best"]) == ("rates", 2, 2, "lr 0.1")
    assert rates["test_accuracy"] == max(run.test_accuracy for run in store.runs(
        groups.group(store, rates["sweep"]).runs
    ))  # fmt: skip
    assert batches["best"].startswith("batch_size")
    text = nn("sweeps").stdout
    assert "lr 0.1" in text and "2/2" in text and "rates" in text


def test_compare_puts_the_best_first_and_seeds_together(store):
    nn("sweep", *QUICK, "--set", "lr=0.0001,0.1", "--seeds", 2)
    [sweep] = groups.groups(store)
    best, worst = rows(nn("compare", sweep.id, "--json"))
    assert (best["fields"], worst["fields"]) == ({"lr": 0.1}, {"lr": 0.0001})
    assert set(best["runs"]) == {run.id for run in store.runs() if run.spec.lr == 0.1}
    accuracies = sorted(store.run(run_id).test_accuracy for run_id in best["runs"])
    assert [best["lowest"], best["highest"]] == accuracies
    assert best["test_accuracy"] == accuracies[0]  # of two, the lower one
    assert best["parameters"] == 784 * 8 + 8 + 8 * 10 + 10
    first, second = best["runs"][0], worst["runs"][0]
    lines = nn("compare", first, second[:6]).stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["lr 0.1", "lr 0.0001"]
    same = nn("compare", *best["runs"])
    assert "2 seeds" in same.stdout and "the same settings" in same.stderr


def test_compare_names_a_run_that_does_not_exist(store):
    assert "'nowhere'" in assert_error_message(nn("compare", "nowhere"))


def test_random_values_are_drawn_the_same_each_time(store):
    command = ["sweep", *QUICK, "--set", "lr=random:log:0.01..1", "--draws", 2]
    assert nn(*command).exit_code == 0
    assert nn(*command).exit_code == 0  # finds the first sweep
    rates = {run.spec.lr for run in store.runs()}
    assert len(rates) == len(store.runs()) == 2 and all(0.01 <= rate <= 1 for rate in rates)


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ([], 2, "--set"),
        (["--set", "lr"], 2, "'lr'"),
        (["--set", "lr=0.1..1"], 1, "number of values"),
        (["--set", "lr=0.1,fast"], 1, "lr must be"),
        (["--set", "speed=1,2"], 1, "'speed'"),
        (["--set", "lr=0.1", "--seeds", "0"], 1, "1 or more"),
        (["--set", "dataset=nowhere.npz"], 1, "nowhere.npz"),
        (["--set", "lr=random:0.1..1"], 1, "--draws"),
    ],
)
def test_what_cannot_be_swept_is_rejected_with_a_message_and_records_no_run(
    store, arguments, code, expected
):
    assert expected in assert_error_message(nn("sweep", "--dataset", "strokes", *arguments), code)
    assert store.runs() == groups.groups(store) == []
