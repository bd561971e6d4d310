from __future__ import annotations

import pytest
from click.testing import CliRunner

from nn.__main__ import main
from nn.runs.spec import RunSpec
from nn.runs.store import queue
from nn.runs.store.store import State
from nn.runs.worker import process
from tests.cli.command_line import QUICK, assert_error_message, lines, nn

RUN = {
    "run", "name", "state", "message", "epoch", "epochs", "samples_seen", "test_accuracy",
    "snapshots", "created",
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize("output", [["--json"], []], ids=["json", "text"])
def test_resuming_without_the_dataset_leaves_the_run_stopped(store, tmp_path, output):
    run = store.create(RunSpec(dataset=str(tmp_path / "gone.csv")), "first")
    store.cancel(run.id)
    assert "gone.csv" in assert_error_message(nn("resume", "first", *output))
    assert store.find("first").state is State.STOPPED


@pytest.mark.parametrize("command", ["resume", "stop"])
def test_a_finished_or_unknown_run_cannot_be_resumed_or_stopped(store, command):
    nn("train", *QUICK, "--name", "first")
    assert "finished" in assert_error_message(nn(command, "first"))
    assert "'nobody'" in assert_error_message(nn(command, "nobody"))


def test_stop_sends_a_command_to_the_worker(store):
    run = store.create(RunSpec(dataset="strokes"), lease="of its worker")
    assert nn("stop", run.id).exit_code == 0
    assert [command.kind for command in store.commands(run.id)] == ["stop"]


def test_stop_removes_a_queued_run_from_the_queue(store):
    run = store.create(RunSpec(dataset="strokes"))
    assert nn("stop", run.id).exit_code == 0
    assert store.run(run.id).state is State.STOPPED


def test_the_end_of_a_run_starts_the_next_queued_one(store, monkeypatch):
    started = []
    monkeypatch.setattr(process, "start", started.append)
    waiting = store.create(RunSpec(dataset="strokes"))
    assert nn("train", *QUICK).exit_code == 0
    assert started == [waiting.id]


def test_delete_removes_the_run_and_names_it(store):
    gone, kept = store.create(RunSpec(), "first"), store.create(RunSpec())
    result = nn("delete", "first", "--yes")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Deleted run first.\n"
    assert [run.id for run in store.runs()] == [kept.id]
    assert gone.id in assert_error_message(nn("delete", gone.id))


@pytest.mark.parametrize(("answer", "left", "code"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
def test_delete_asks_for_confirmation_in_a_terminal(store, monkeypatch, answer, left, code):
    monkeypatch.setattr("nn.cli.runs.at_a_terminal", lambda: True)
    run = store.create(RunSpec(), "first")
    result = CliRunner().invoke(main, ["delete", run.id], input=f"{answer}\n")
    assert "Permanently delete run first (queued, 0 of 5 epochs)" in result.output
    assert (result.exit_code, len(store.runs())) == (code, left)


def test_runs_prints_the_size_and_quota_of_the_store(store, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORAGE_QUOTA", "1.5 GiB")
    store.create(RunSpec())
    for arguments in ((), ("--json",)):
        assert nn("runs", *arguments).stderr.endswith(" MiB of 1.5 GiB.\n")


def test_runs_shows_the_position_in_the_queue(store, monkeypatch):
    monkeypatch.setattr(queue, "available_cores", lambda: 1)
    store.create(RunSpec(), lease="of its worker")
    run = store.create(RunSpec(), "first")
    assert f"{run.id}  queued 1st " in nn("runs").stdout
    assert lines(nn("runs", "--json").stdout)[0]["message"] == "Queued: 1st in line."


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


def test_runs_lists_every_run_or_reports_that_there_is_none(store):
    empty = nn("runs")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "No runs yet" in empty.stderr
    run = store.create(RunSpec(hidden=(12,)), "first")
    (line,) = nn("runs").stdout.splitlines()
    assert {run.id, "first", "queued", "784-12-10"} <= set(line.split())
