"""A full disk: what is message, and that runs can still be deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import database, outage, reserve, schema
from nn.runs.store.lock_retry import Unwritable, raise_unless_locked
from nn.runs.store.store import RunStore, State
from nn.runs.worker.recorder import Recorder

ROOT = Path(__file__).parents[3]
SNAPSHOTS = 80


@pytest.fixture
def store(tmp_path):
    """Of 5 MiB, with one run."""
    store = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    fill(store)
    yield store
    store.engine.dispose()


@pytest.fixture
def file(tmp_path):
    """The reserve's."""
    return tmp_path / "store.sqlite3.reserve"


def fill(store, count=SNAPSHOTS):
    run = store.create(RunSpec())
    row = {"run": run.id, "samples_seen": 1, "parameters": bytes(2**16)}
    with store.writing() as connection:
        rows = [row | {"step": step} for step in range(count)]
        connection.execute(insert(schema.snapshots), rows)
    return run.id


def full_error():
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    return OperationalError("DELETE", {}, cause)


def test_a_store_of_some_size_has_a_reserve_and_a_small_one_needs_none(store, file, tmp_path):
    assert not file.exists()
    reserve.make(store.engine)
    assert file.stat().st_size == reserve.SIZE
    small = RunStore(f"sqlite:///{tmp_path / 'small.sqlite3'}")
    reserve.make(small.engine)
    assert not list(tmp_path.glob("small*reserve*"))


def test_no_reserve_is_made_on_a_disk_without_room(store, file, monkeypatch):
    usage = shutil.disk_usage(file.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**20))
    reserve.make(store.engine)
    assert not file.exists()


def test_deleting_on_a_full_disk_uses_the_reserve_which_is_made_again(store, file):
    """The disk has no room for a deletion before the reserve is given up."""
    reserve.make(store.engine)
    other = fill(store)

    @event.listens_for(store.engine, "before_cursor_execute")
    def write(_connection, _cursor, statement, *_):
        if statement.startswith("DELETE FROM runs") and file.exists():
            raise full_error()

    for run in store.runs():
        if run.id != other:
            store.delete(run.id)
    assert [run.id for run in store.runs()] == [other]
    assert file.stat().st_size == reserve.SIZE


def test_what_a_deletion_frees_goes_to_the_reserve_first(store, file, monkeypatch):
    """Also where a part of it was used before."""
    reserve.make(store.engine)
    os.truncate(file, reserve.PART)
    usage = shutil.disk_usage(file.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=reserve.SIZE + 2**18))
    reserve.make(store.engine)
    assert file.stat().st_size == reserve.SIZE


def test_opening_a_store_takes_only_a_part_of_the_reserve(store, file):
    reserve.make(store.engine)
    assert reserve.give_up(store.engine.url, full_error(), reserve.PART)
    assert file.stat().st_size == reserve.SIZE - reserve.PART
    assert reserve.give_up(store.engine.url, full_error())
    assert not file.exists()
    assert not reserve.give_up(store.engine.url, full_error())


def test_a_store_that_a_full_disk_without_a_reserve_does_not_open_says_so(tmp_path, monkeypatch):
    def fail(url):
        cause = sqlite3.OperationalError("disk I/O error")
        cause.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise OperationalError("PRAGMA", {}, cause)

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(database, "open_engine", fail)
    for free, says in ((0, "the disk is full. Free up disk space"), (2**30, "disk I/O error")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        with pytest.raises(UserError, match=f"The store cannot be opened: {says}"):
            RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")


def test_another_error_does_not_use_the_reserve(store, file):
    reserve.make(store.engine)
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    assert not reserve.give_up(store.engine.url, OperationalError("DELETE", {}, cause))
    assert file.exists()


def test_a_full_store_says_what_may_go_and_how_much_is_missing(store, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**21))
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    event.listen(
        store.engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    )
    with pytest.raises(OperationalError) as raised:
        fill(store)
    message = outage.explain(raised.value)
    assert message.startswith("The disk is full: 14 MiB more must be free. Delete runs")
    assert "nn delete RUN" in message and "cache" in message
    with pytest.raises(Unwritable, match=r"14 MiB more .* Then resume this run"):
        raise_unless_locked(raised.value)


def test_a_run_that_found_the_disk_full_says_so(store, file):
    """The disk has no room for anything before a part of the reserve is given up."""
    reserve.make(store.engine)
    run = store.create(RunSpec())
    recorder = Recorder(store, run.id)

    @event.listens_for(store.engine, "before_cursor_execute")
    def write(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE runs") and file.stat().st_size == reserve.SIZE:
            raise full_error()

    recorder.stop_on_full_disk("The disk is full. Then resume this run.")
    stopped = store.run(run.id)
    assert stopped.state is State.STOPPED
    assert stopped.message == "The disk is full. Then resume this run."
    assert file.stat().st_size == reserve.SIZE - reserve.PART
    assert store.requeue(run.id).state is State.QUEUED


def test_deleting_writes_little(store, tmp_path):
    """SQLite may be built to overwrite what is deleted, which a full disk has no room for."""
    [run] = store.runs()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.writing() as connection:
        connection.execute(schema.runs.delete())
        connection.exec_driver_sql("PRAGMA cache_spill=1")
    assert store.runs() == [] and run
    assert (tmp_path / "store.sqlite3-wal").stat().st_size < 2**20


ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=24m tmpfs "$DISK"
export DIGITSCOPE_HOME="$DISK" DIGITSCOPE_STORE="sqlite:///$DISK/store.sqlite3"
"$PYTHON" -c '
from pathlib import Path
from nn.runs.store import reserve
from tests.runs.store.test_reserve import RunStore, fill
store = RunStore()
fill(store, 100)
reserve.make(store.engine)
'
test -e "$DISK/store.sqlite3.reserve"
RUN=$("$PYTHON" -m nn runs --json | "$PYTHON" -c 'import json; print(json.loads(input())["run"])')
dd if=/dev/zero of="$DISK/rest" bs=4k 2>/dev/null || true
"$PYTHON" -m nn delete --yes "$RUN"
"$PYTHON" -m nn runs --check
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="This needs unshare.")
def test_a_run_is_deleted_on_a_disk_that_is_really_full(tmp_path):
    environment = os.environ | {"DISK": str(tmp_path), "PYTHON": sys.executable}
    unshare = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    mount = 'mount -t tmpfs tmpfs "$DISK"'
    if subprocess.run([*unshare, mount], env=environment, capture_output=True).returncode:
        pytest.skip("Mounting is not allowed here.")
    done = subprocess.run(
        [*unshare, ON_A_SMALL_DISK], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Deleted run" in done.stderr and "Nothing is damaged" in done.stderr
