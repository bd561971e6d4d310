from __future__ import annotations

import pytest
from click.testing import CliRunner

from nn.__main__ import main
from nn.runs.spec import RunSpec
from nn.runs.store import queue
from nn.runs.store.store import State
from nn.runs.worker import process
from tests.cli.command_line import QUICK, assert_sentence, lines, nn

RUN = {
    "run", "name", "state", "message", "epoch", "epochs", "samples_seen", "test_accuracy",
    "snapshots", "created",
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize("how", [["--json"], []], ids=["json", "people"])
def test_a_run_whose_data_are_gone_stays_what_it_was(store, tmp_path, how):
    run = store.create(RunSpec(dataset=str(tmp_path / "gone.csv")), "mine")
    store.cancel(run.id)
    assert "gone.csv" in assert_sentence(nn("resume", "mine", *how))
    assert store.find("mine").state is State.STOPPED


@pytest.mark.parametrize("command", ["resume", "stop"])
def test_a_run_that_has_ended_or_never_was_is_neither_resumed_nor_stopped(store, command):
    nn("train", *QUICK, "--name", "mine")
    assert "finished" in assert_sentence(nn(command, "mine"))
    assert "'nobody'" in assert_sentence(nn(command, "nobody"))


def test_stop_asks_the_worker_of_the_run(store):
    run = store.create(RunSpec(dataset="strokes"), lease="of its worker")
    assert nn("stop", run.id).exit_code == 0
    assert [command.kind for command in store.commands(run.id)] == ["stop"]


def test_stop_takes_a_run_that_waits_out_of_the_queue(store):
    run = store.create(RunSpec(dataset="strokes"))
    assert nn("stop", run.id).exit_code == 0
    assert store.run(run.id).state is State.STOPPED


def test_a_run_of_the_command_line_that_ends_lets_the_next_one_in_the_queue_start(
    store, monkeypatch
):
    started = []
    monkeypatch.setattr(process, "start", started.append)
    waiting = store.create(RunSpec(dataset="strokes"))
    assert nn("train", *QUICK).exit_code == 0
    assert started == [waiting.id]


def test_delete_forgets_the_run_and_says_which(store):
    gone, kept = store.create(RunSpec(), "mine"), store.create(RunSpec())
    result = nn("delete", "mine", "--yes")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Deleted run mine.\n"
    assert [run.id for run in store.runs()] == [kept.id]
    assert gone.id in assert_sentence(nn("delete", gone.id))


@pytest.mark.parametrize(("answer", "left", "code"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
def test_delete_asks_at_a_terminal(store, monkeypatch, answer, left, code):
    monkeypatch.setattr("nn.cli.runs.at_a_terminal", lambda: True)
    run = store.create(RunSpec(), "mine")
    result = CliRunner().invoke(main, ["delete", run.id], input=f"{answer}\n")
    assert "Permanently delete run mine (queued, 0 of 5 epochs)" in result.output
    assert (result.exit_code, len(store.runs())) == (code, left)


def test_runs_says_how_large_the_store_is_and_may_grow(store, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE_LIMIT", "1.5 GiB")
    store.create(RunSpec())
    for arguments in ((), ("--json",)):
        assert nn("runs", *arguments).stderr.endswith(" MiB of 1.5 GiB.\n")


def test_runs_shows_the_place_in_the_queue(store, monkeypatch):
    monkeypatch.setattr(queue, "available_cores", lambda: 1)
    store.create(RunSpec(), lease="of its worker")
    run = store.create(RunSpec(), "mine")
    assert f"{run.id}  queued 1st " in nn("runs").stdout
    assert lines(nn("runs", "--json").stdout)[0]["message"] == "Waiting: 1st in the queue."


def test_runs_json_is_one_line_a_run_newest_first(store):
    nn("train", *QUICK, "--name", "older")
    store.create(RunSpec(epochs=9), "newer")
    result = nn("runs", "--json")
    newer, older = lines(result.stdout)
    assert set(newer) == set(older) == RUN
    run = store.find("older")
    assert older == {
        "run": run.id, "name": "older", "state": "finished", "message": "", "epoch": 2,
        "epochs": 2, "samples_seen": 38_000, "test_accuracy": run.test_accuracy,
        "snapshots": len(store.snapshot_steps(run.id)), "created": run.created,
    }  # fmt: skip
    assert (newer["name"], newer["state"], newer["epochs"]) == ("newer", "queued", 9)
    assert (newer["test_accuracy"], newer["snapshots"]) == (None, 0)


def test_runs_for_people_names_every_run_and_says_when_there_is_none(store):
    empty = nn("runs")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "No runs yet" in empty.stderr
    run = store.create(RunSpec(hidden=(12,)), "mine")
    (line,) = nn("runs").stdout.splitlines()
    assert {run.id, "mine", "queued", "784-12-10"} <= set(line.split())
