from __future__ import annotations

import os
import re

import pytest
from sqlalchemy import insert, update

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import database, quota, schema
from nn.runs.store.store import State

SNAPSHOT_BYTES = 2**16


@pytest.fixture
def set_quota(monkeypatch):
    """``set_quota("9 MiB")`` sets the storage quota."""
    return lambda text: monkeypatch.setenv("DIGITSCOPE_STORAGE_QUOTA", text)


@pytest.fixture
def recorded(store):
    """``recorded(n)``: a new, stopped run with n snapshots and a checkpoint → its id."""

    def make(snapshots=33, state=State.STOPPED):
        run = store.create(RunSpec())
        with store.writing() as connection:
            of_run = update(schema.runs).where(schema.runs.c.id == run.id)
            connection.execute(of_run.values(state=state))
            for step in range(snapshots):
                connection.execute(
                    insert(schema.snapshots).values(
                        run=run.id,
                        step=step,
                        samples_seen=step,
                        parameters=os.urandom(SNAPSHOT_BYTES),
                    )
                )
            connection.execute(
                insert(schema.checkpoints).values(run=run.id, step=1, data=b"checkpoint")
            )
        return run.id

    return make


def size(store, tmp_path):
    """Bytes on disk, apart from the reserve; of a server, what it reports."""
    if database.is_sqlite(store.engine):
        files = set(tmp_path.glob("store.sqlite3*")) - set(tmp_path.glob("*.reserve"))
        return sum(file.stat().st_size for file in files)
    return database.used_bytes(store.engine)


@pytest.mark.parametrize(
    ("text", "size"),
    [("", 4 * 2**30), ("4GiB", 4 * 2**30), (" 500 MiB ", 500 * 2**20), ("0.5 GiB", 2**29)],
)
def test_the_quota_is_a_number_of_mib_or_gib(set_quota, text, size):
    set_quota(text)
    assert quota.storage_quota() == size


@pytest.mark.parametrize(
    "text", ["4", "4 GB", "-1 GiB", "nan GiB", "GiB", "4 GiB or so", "1e9 GiB"]
)
def test_any_other_quota_is_rejected_with_a_message(set_quota, store, text):
    set_quota(text)
    for call in (
        quota.storage_quota,
        lambda: quota.enforce_quota(store),
        lambda: quota.usage(store),
    ):
        with pytest.raises(UserError, match=r"for example .*; got .*\.$"):
            call()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 MiB"), (2**20 * 3 // 2, "1.5 MiB"), (312 * 2**20, "312 MiB"), (2**32, "4 GiB"),
     (2**32 + 2**27, "4.1 GiB"), (2**36, "64 GiB")],
)  # fmt: skip
def test_sizes_are_formatted_with_their_unit(size, text):
    assert quota.format_size(size) == text


def test_a_store_within_its_quota_keeps_all_snapshots(store, recorded, set_quota):
    set_quota("9 MiB")
    run = recorded()
    assert quota.enforce_quota(store) == ""
    assert len(store.snapshot_steps(run)) == 33


def test_the_oldest_runs_are_thinned_first_and_no_more_than_necessary(
    store, recorded, set_quota, tmp_path
):
    oldest, middle, newest = (recorded() for _ in range(3))  # 2 MiB each
    set_quota("3.5 MiB")
    before = size(store, tmp_path)
    assert quota.enforce_quota(store) == ""
    assert store.snapshot_steps(oldest) == [0, 32]
    assert store.snapshot_steps(middle) in (list(range(0, 33, 2)), list(range(0, 33, 4)))
    assert store.snapshot_steps(newest) == list(range(33))
    assert all(store.checkpoint(run) == b"checkpoint" for run in (oldest, middle, newest))
    assert database.used_bytes(store.engine) <= size(store, tmp_path) <= 3.6 * 2**20 < before


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.PAUSED, "pinned"])
def test_snapshots_of_an_active_or_pinned_run_are_never_thinned(store, recorded, set_quota, state):
    kept = recorded(state=State.STOPPED if state == "pinned" else state)
    store.pin(kept, state == "pinned")
    other = recorded()
    set_quota("1 MiB")
    assert quota.enforce_quota(store).endswith("Delete some runs.")
    assert store.snapshot_steps(kept) == list(range(33))
    assert store.snapshot_steps(other) == [0, 32]


@pytest.mark.parametrize("snapshots", range(8))
def test_the_first_and_last_snapshot_are_always_kept(store, recorded, set_quota, snapshots):
    run = recorded(snapshots)
    set_quota("0 MiB")
    assert quota.enforce_quota(store)
    assert store.snapshot_steps(run) == sorted({0, snapshots - 1} if snapshots else ())


def test_the_size_is_reported_with_the_quota(store, recorded, set_quota):
    recorded()
    set_quota("9 MiB")
    assert re.fullmatch(r"Store: 2\.\d MiB of 9 MiB\.", quota.usage(store))
    set_quota("1 MiB")
    assert "nn delete RUN" in quota.usage(store)


def test_a_locked_store_is_thinned_later(store, recorded, set_quota, locker, monkeypatch):
    run = recorded()
    set_quota("1 MiB")
    monkeypatch.setattr(store, "writing", lambda: type(store).writing(store, wait=0.1))
    with locker():
        assert quota.enforce_quota(store) == ""
    assert len(store.snapshot_steps(run)) == 33
    assert quota.enforce_quota(store) == ""
    assert len(store.snapshot_steps(run)) < 33


def test_the_variable_of_0_1_still_sets_the_quota(monkeypatch):
    monkeypatch.delenv("DIGITSCOPE_STORAGE_QUOTA", raising=False)
    monkeypatch.setenv("DIGITSCOPE_STORE_LIMIT", "3 MiB")
    assert quota.storage_quota() == 3 * 2**20
    monkeypatch.setenv("DIGITSCOPE_STORAGE_QUOTA", "5 MiB")
    assert quota.storage_quota() == 5 * 2**20
