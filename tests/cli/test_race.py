from __future__ import annotations

import json
import signal

import pytest

from nn.runs.store import groups
from nn.runs.store.store import State
from tests.cli.command_line import QUICK, assert_error_message, lines, nn, rows, shell

RATES = ["--set", "lr=0.01,0.1,0.5"]
pytestmark = pytest.mark.usefixtures("store")


def test_race_json_prints_one_line_an_epoch_of_each_member_and_an_end_of_each(store):
    printed = rows(nn("race", *QUICK, *RATES, "--name", "rates", "--json"))
    [group] = groups.groups(store)
    assert (group.kind, group.name, group.options) == (
        "race",
        "rates",
        {"free": False, "vary": "lr"},
    )
    runs = [store.run(run_id) for run_id in group.runs]
    assert [run.spec.lr for run in runs] == [0.01, 0.1, 0.5]
    assert [run.name for run in runs] == ["lr 0.01", "lr 0.1", "lr 0.5"]
    epochs = [line for line in printed if line["event"] == "epoch"]
    assert [(line["run"], line["epoch"]) for line in epochs] == [
        (run_id, epoch) for epoch in (1, 2) for run_id in group.runs
    ]
    ends = printed[len(epochs) :]
    assert {line["event"] for line in ends} == {"end"}
    assert {
        line["run"]: (line["member"], line["state"], line["test_accuracy"]) for line in ends
    } == {run.id: (run.name, "finished", run.test_accuracy) for run in runs}


def test_race_prints_the_best_first(store):
    result = nn("race", *QUICK, *RATES)
    assert result.exit_code == 0
    *_, best, middle, worst = result.stdout.splitlines()
    by_accuracy = sorted(store.runs(), key=lambda run: -run.test_accuracy)
    for line, run in zip((best, middle, worst), by_accuracy, strict=True):
        assert line.startswith(run.name) and f"{run.test_accuracy:.2%}" in line and run.id in line


def test_any_field_can_be_varied_and_others_set(store):
    one = ["--dataset", "strokes", "--epochs", 1, "--validation-size", 19_000]
    assert nn("race", *one, "--set", "hidden=4/5,3", "--set", "batch_size=50").exit_code == 0
    assert nn("race", *one, "--hidden", 4, "--set", "optimizer=sgd,adam", "--free").exit_code == 0
    adam, sgd, deep, flat = (run.spec for run in store.runs())
    assert [spec.hidden for spec in (flat, deep)] == [(4,), (5, 3)]
    assert {spec.batch_size for spec in (flat, deep)} == {50}
    assert [spec.optimizer for spec in (sgd, adam)] == ["sgd", "adam"]
    assert groups.groups(store)[0].options == {"free": True, "vary": "optimizer"}


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--set", "lr=0.1"], 2, "several values to one field"),
        (["--set", "lr=0.1,1", "--set", "momentum=0,0.5"], 2, "several values to one field"),
        (["--set", "lr"], 2, "'lr'"),
        (["--set", "lr=0.1,fast"], 1, "lr must be"),
        (["--set", "lr=0.1,0.1"], 1, "are the same"),
        (["--set", "lr=1,2,3,4,5"], 1, "2 to 4"),
        (["--set", "dataset=strokes,mnist"], 1, "dataset must be the same"),
        (["--set", "speed=1,2"], 1, "'speed'"),
    ],
)
def test_what_cannot_race_is_rejected_with_a_message_and_records_no_run(
    store, arguments, code, expected
):
    assert expected in assert_error_message(nn("race", "--dataset", "strokes", *arguments), code)
    assert store.runs() == groups.groups(store) == []


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverged_member_is_reported_and_the_others_finish(store):
    result = nn(
        "race", "--hidden", ",".join(["64"] * 12), "--set", "initializer=normal,he", "--lr", 1000,
        "--dataset", "strokes", "--validation-size", 19_900, "--batch-size", 10, "--epochs", 1,
        "--clip-norm", 0.001,
    )  # fmt: skip
    states = {run.spec.initializer: run.state for run in store.runs()}
    assert result.exit_code == 0, result.output
    assert states["normal"] is State.DIVERGED and states["he"] is State.FINISHED
    assert "The loss diverged" in result.stdout


def test_ctrl_c_stops_all_members(store):
    process = shell("race", *QUICK, *RATES, "--epochs", 60, "--json")
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert json.loads(first)["event"] == "epoch" and "Traceback" not in err
    assert [line["state"] for line in lines(out)[-3:]] == ["stopped"] * 3
    assert {run.state for run in store.runs()} == {State.STOPPED}
    assert len({run.samples_seen for run in store.runs()}) == 1
