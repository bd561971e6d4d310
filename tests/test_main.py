from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from nn.runs.spec import RunSpec
from nn.runs.store import database
from nn.runs.store.store import RunStore, State
from tests.cli.command_line import QUICK, ROOT, assert_error_message, nn


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setattr("nn.runs.worker.loop.available_cores", lambda: 1)
    return RunStore()


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("output", ["--json", pytest.param("", marks=pytest.mark.slow)])
def test_closed_output_streams_do_not_stop_training(store, closed, output):
    words = " ".join([sys.executable, "-m", "nn", "train", *map(str, QUICK), output, closed])
    assert subprocess.run(words, shell=True, cwd=ROOT, timeout=60).returncode == 0
    assert store.runs()[0].state is State.FINISHED


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_reported(store, monkeypatch, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    store.create(RunSpec())
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "nn", "runs", "--json"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "Error: The operating system reports an error: No space left on device.\n"


def test_ctrl_c_exits_with_130_in_any_command(monkeypatch, store):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(RunStore, "runs", interrupted)
    result = nn("runs")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


def test_a_locked_store_is_reported(store, monkeypatch):
    run = store.create(RunSpec(dataset="strokes"), "first")
    set_lock_wait = database.set_lock_wait
    monkeypatch.setattr(database, "set_lock_wait", lambda store, _: set_lock_wait(store, 0.1))
    other = sqlite3.connect(store.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    holder = f"process {os.getpid()} (" if sys.platform == "linux" else "another program"
    for command in (["delete", run.id], ["stop", run.id], ["resume", run.id], ["train", *QUICK]):
        assert f"The store is locked by {holder}" in assert_error_message(nn(*command))
    assert nn("runs").exit_code == 0
    other.close()
    assert [(run.name, run.state) for run in store.runs()] == [("first", "queued")]


def test_a_store_that_cannot_be_opened_is_reported(monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE", "nonsense")
    assert "DIGITSCOPE_STORE" in assert_error_message(nn("runs"))
