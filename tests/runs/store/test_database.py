"""Migration of stores that older versions wrote."""

from __future__ import annotations

import gzip
import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import inspect, select

from nn.errors import UserError
from nn.random_streams import CURRENT_VERSION
from nn.runs.spec import RunSpec
from nn.runs.store import database, groups, schema
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work

WRITTEN_BY_0_1 = Path(__file__).parents[2] / "fixtures" / "v0_1" / "store.sqlite3.gz"

# SQL that turns a store of schema 4 into one of an older schema.
DOWNGRADES = {
    4: "",
    3: "DROP TABLE digits; UPDATE about SET schema_version = 3;",
    1: """
        DROP TABLE digits;
        ALTER TABLE runs DROP COLUMN pinned;
        ALTER TABLE runs DROP COLUMN owner;
        ALTER TABLE commands DROP COLUMN value;
        UPDATE about SET schema_version = 1;
        PRAGMA auto_vacuum = NONE;
        VACUUM;
    """,
}
# SQL that takes away what schema 11 added.
WITHOUT_CHECKSUMS = "".join(
    f"ALTER TABLE {table} DROP COLUMN checksum;" for table in ("snapshots", "live", "checkpoints")
)


def execute(path, script):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(script)


def contents(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.fixture
def old(tmp_path):
    """The path of a store of schema 4."""
    path = tmp_path / "store.sqlite3"
    path.write_bytes(gzip.decompress(WRITTEN_BY_0_1.read_bytes()))
    return path


@pytest.mark.parametrize("version", DOWNGRADES)
def test_an_older_store_is_migrated_once_by_the_first_to_open_it(old, version):
    execute(old, DOWNGRADES[version])
    with closing(sqlite3.connect(old)) as plain:
        run_ids = {run_id for (run_id,) in plain.execute("SELECT id FROM runs")}
        points = plain.execute("SELECT count(*) FROM points").fetchone()
    with ThreadPoolExecutor() as pool:
        store, *_ = pool.map(RunStore, [f"sqlite:///{old}"] * 4)
    assert store.rows(select(schema.about)) == [(schema.SCHEMA_VERSION,)]
    assert {run.id for run in store.runs()} == run_ids
    assert [len(store.rows(select(schema.points)))] == list(points)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar() == database.INCREMENTAL


@pytest.mark.parametrize("version", DOWNGRADES)
def test_a_migrated_store_has_the_tables_and_columns_of_a_new_one(old, tmp_path, version):
    execute(old, DOWNGRADES[version])
    new = inspect(RunStore(f"sqlite:///{tmp_path}/new.sqlite3").engine)
    migrated = inspect(RunStore(f"sqlite:///{old}").engine)
    assert set(migrated.get_table_names()) == set(new.get_table_names())
    for table in new.get_table_names():
        for kind in ("columns", "indexes"):
            found, expected = (
                {part["name"] for part in getattr(store, f"get_{kind}")(table)}
                for store in (migrated, new)
            )
            assert found == expected, (table, kind)


def test_a_store_of_schema_6_gets_training_accuracies_and_accuracy_estimates(tmp_path):
    path = tmp_path / "store.sqlite3"
    store = RunStore(f"sqlite:///{path}")
    run = store.create(RunSpec())
    with store.writing() as connection:
        epoch = {"run": run.id, "epoch": 1, "step": 5, "samples_seen": 50, "train_loss": 0.5,
                 "images_per_second": 1.0, "seconds": 1.0}  # fmt: skip
        connection.execute(schema.epochs.insert().values(epoch))
    store.engine.dispose()
    execute(
        path,
        """
        DROP TABLE accuracy_estimates;
        ALTER TABLE epochs DROP COLUMN train_accuracy;
        ALTER TABLE runs DROP COLUMN host;
        UPDATE about SET schema_version = 6;
        """
        + WITHOUT_CHECKSUMS,
    )
    migrated = RunStore(f"sqlite:///{path}")
    assert migrated.accuracy_estimates(run.id) == []
    [epoch] = migrated.epochs(run.id)
    assert (epoch["train_loss"], epoch["train_accuracy"]) == (0.5, None)


def test_a_store_of_schema_7_gets_groups(tmp_path):
    path = tmp_path / "store.sqlite3"
    store = RunStore(f"sqlite:///{path}")
    run = store.create(RunSpec())
    store.engine.dispose()
    execute(
        path,
        """
        DROP TABLE members;
        DROP TABLE groups;
        ALTER TABLE runs DROP COLUMN host;
        UPDATE about SET schema_version = 7;
        """
        + WITHOUT_CHECKSUMS,
    )
    migrated = RunStore(f"sqlite:///{path}")
    assert groups.groups_of(migrated, run.id) == groups.groups(migrated) == []
    group = groups.create_group(migrated, "sweep", [RunSpec(seed=1)])
    assert groups.groups(migrated) == [group]


def test_what_a_store_of_schema_10_recorded_is_read_without_checksums(tmp_path, quick):
    path = tmp_path / "store.sqlite3"
    store = RunStore(f"sqlite:///{path}")
    run = store.create(quick)
    for _ in work(store, run.id):
        pass
    checkpoint, first = store.checkpoint(run.id), store.snapshot(run.id, 0)
    store.engine.dispose()
    execute(path, WITHOUT_CHECKSUMS + "UPDATE about SET schema_version = 10;")
    migrated = RunStore(f"sqlite:///{path}")
    assert migrated.checkpoint(run.id) == checkpoint
    np.testing.assert_array_equal(migrated.snapshot(run.id, 0).parameters, first.parameters)
    assert set(migrated.rows(select(schema.snapshots.c.checksum))) == {(None,)}


@pytest.mark.parametrize("number", [0, -5, 3.5, "ten", b"10"])
def test_a_schema_number_that_nobody_wrote_is_reported_and_nothing_is_changed(tmp_path, number):
    path = tmp_path / "store.sqlite3"
    RunStore(f"sqlite:///{path}").engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE about SET schema_version = ?", (number,))
    before = contents(path)
    with pytest.raises(UserError, match=r"schema number must be .* found .*\.$"):
        RunStore(f"sqlite:///{path}")
    assert contents(path) == before


def test_runs_of_an_older_store_keep_their_random_streams_and_parameter_layout(old):
    store = RunStore(f"sqlite:///{old}")
    columns = schema.runs.c.stream_version, schema.runs.c.parameter_layout
    assert set(store.rows(select(*columns))) == {(1, "inputs_outputs")}


def test_a_new_run_has_the_current_random_streams(old):
    store = RunStore(f"sqlite:///{old}")
    assert store.create(RunSpec()).stream_version == CURRENT_VERSION > 1


def test_an_older_store_is_backed_up_unchanged_and_the_log_names_the_backup(old, caplog):
    before = contents(old)
    with caplog.at_level(logging.WARNING):
        RunStore(f"sqlite:///{old}")
    backup = old.with_name("store.sqlite3.schema-4")
    assert str(backup) in caplog.text
    assert contents(backup) == before
    assert contents(old) != before


def test_a_new_store_needs_no_backup(tmp_path):
    RunStore(f"sqlite:///{tmp_path}/store.sqlite3")
    RunStore(f"sqlite:///{tmp_path}/store.sqlite3")
    assert not list(tmp_path.glob("*.schema-*"))


def test_a_store_is_not_migrated_while_an_older_version_trains_in_it(old):
    execute(old, f"UPDATE runs SET lease = 'held', heartbeat = {time.time()} WHERE step > 0")
    before = contents(old)
    with pytest.raises(UserError, match="is training a run in this store"):
        RunStore(f"sqlite:///{old}")
    assert contents(old) == before
    assert not list(old.parent.glob("*.schema-*"))
    execute(old, f"UPDATE runs SET heartbeat = {time.time() - database.LEASE_SECONDS - 1}")
    assert RunStore(f"sqlite:///{old}").runs()


def test_a_failed_migration_leaves_the_store_unchanged(old, monkeypatch):
    before = contents(old)
    with monkeypatch.context() as patch:
        statements = (*schema.MIGRATIONS[4], "ALTER TABLE runs RENAME COLUMN missing TO found")
        patch.setitem(schema.MIGRATIONS, 4, statements)
        with pytest.raises(UserError, match="cannot be opened"):
            RunStore(f"sqlite:///{old}")
    assert contents(old) == before
    assert RunStore(f"sqlite:///{old}").runs()


def test_a_store_that_cannot_be_backed_up_is_not_migrated(old):
    (old.parent / "store.sqlite3.schema-4").mkdir()  # where the backup would go
    before = contents(old)
    with pytest.raises(UserError, match="no backup could be written"):
        RunStore(f"sqlite:///{old}")
    assert contents(old) == before
