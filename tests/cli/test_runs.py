from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, text, update

from nn.__main__ import main
from nn.runs.spec import RunSpec
from nn.runs.store import queue, schema
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


# Damage


@pytest.fixture
def unreadable(store):
    """(the id of a run that cannot be read, the one of a run that can)."""
    good, bad = store.create(RunSpec(), "good"), store.create(RunSpec(), "bad")
    with store.writing() as connection:
        here = schema.runs.c.id == bad.id
        connection.execute(update(schema.runs).where(here).values(spec='{"lr": "fast"}'))
    return bad.id, good.id


def test_runs_lists_an_unreadable_run_with_the_reason_after_the_others(unreadable):
    bad, good = unreadable
    listed = nn("runs")
    first, last = listed.stdout.splitlines()
    assert listed.exit_code == 0 and first.startswith(good)
    assert last.startswith(f"{bad}  unreadable  bad: lr must be a number from 0 to 1000")
    good_line, bad_line = lines(nn("runs", "--json").stdout)
    assert set(bad_line) == set(good_line) == RUN
    assert (bad_line["run"], bad_line["state"]) == (bad, "unreadable")
    assert "lr must be" in bad_line["message"]


def test_an_unreadable_run_is_stopped_and_deleted_by_its_id_or_name(store, unreadable):
    bad, good = unreadable
    assert nn("stop", "bad").exit_code == 0
    assert "cannot be read" in assert_error_message(nn("resume", "bad"))
    assert nn("delete", bad, "--yes").exit_code == 0
    assert store.unreadable_runs() == [] and [run.id for run in store.runs()] == [good]


def test_a_store_without_damage_passes_its_check(store):
    nn("train", *QUICK)
    result = nn("runs", "--check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Nothing is damaged.\n")


def test_the_check_names_all_damage_and_exits_with_1(store, unreadable):
    bad, _ = unreadable
    nn("train", *QUICK, "--name", "trained")
    run = store.find("trained")
    with store.writing() as connection:
        steps = [schema.snapshots.c.step == step for step in store.snapshot_steps(run.id)[:2]]
        half = text("substr(parameters, 1, 100)")
        for values in ({"parameters": half}, {"parameters": half, "checksum": None}):
            connection.execute(update(schema.snapshots).where(steps.pop()).values(values))
        connection.execute(update(schema.checkpoints).values(checksum=1))
        broken = {"run": bad, "step": 5, "samples_seen": 5, "parameters": b"abc", "checksum": 7}
        connection.execute(insert(schema.snapshots).values(broken))
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        point = {"run": "gone", "step": 1, "samples_seen": 1, "loss": 1.0, "smoothed_loss": 1.0}
        connection.execute(insert(schema.points).values(point))
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    result = nn("runs", "--check")
    found = result.stdout.splitlines()
    assert result.exit_code == 1
    for run_id, words in (
        (bad, "The run cannot be read: lr must be"),
        (bad, "at step 5 is damaged: its checksum"),
        (run.id, "The checkpoint of run"),
        (run.id, "it has 100 bytes"),
        (run.id, "is damaged: its checksum is"),
        ("gone", "There are points of the run 'gone', which does not exist"),
    ):
        assert any(line.startswith(run_id) and words in line for line in found), (words, found)
    assert len(found) == 6
    assert [set(line) for line in lines(nn("runs", "--check", "--json").stdout)] == [
        {"run", "message"}
    ] * 6


def test_the_check_reads_on_where_the_file_itself_is_damaged(store, tmp_path):
    nn("train", *QUICK, "--name", "trained")
    with store.engine.connect() as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'epochs'"
        page = connection.exec_driver_sql(query).scalar()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.engine.dispose()
    with open(tmp_path / "store.sqlite3", "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 200)
    result = nn("runs", "--check")
    assert result.exit_code == 1 and "The file is damaged" in result.stdout
