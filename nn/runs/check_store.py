"""Check a whole store: what is damaged in it, as far as it can be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Table, and_, select
from sqlalchemy.exc import DatabaseError

from nn.errors import UserError
from nn.models import checkpoint
from nn.runs.store import checksum, database, schema
from nn.runs.store.store import RunStore, as_snapshot, select_snapshots


class Damage(NamedTuple):
    run: str  # the id of a run, which need not exist; "": of the store as a whole
    message: str


def check(store: RunStore) -> Iterator[Damage]:
    """What is damaged: the file of an SQLite store, rows that cannot be read, snapshots and
    checkpoints that are not what was written, and rows whose run or group does not exist.

    Reads everything, one snapshot at a time. Raises OperationalError when the store is locked or
    does not answer.
    """
    for part in (_file, _runs, _snapshots, _checkpoints, _orphans):
        try:
            yield from part(store)
        except DatabaseError as error:
            if not database.is_malformed(error):
                raise
            yield Damage(
                "", f"The file is damaged, and not all of it could be checked: {error.orig}."
            )


def _file(store: RunStore) -> Iterator[Damage]:
    if database.is_sqlite(store.engine):
        with store.engine.connect() as connection:
            for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
                if line != "ok":
                    yield Damage("", f"SQLite's integrity check: {line}.")


def _runs(store: RunStore) -> Iterator[Damage]:
    for run in store.unreadable_runs():
        yield Damage(run.id, f"The run cannot be read: {run.reason}")


def _snapshots(store: RunStore) -> Iterator[Damage]:
    for table in (schema.snapshots, schema.live):
        t = table.c
        # Those of a run that cannot be read have only their checksums to be checked by.
        unreadable = {run.id for run in store.unreadable_runs()}
        for run_id, step in store.rows(select(t.run, t.step)):
            try:
                if run_id in unreadable:
                    here = and_(t.run == run_id, t.step == step)
                    for row in store.rows(select(t.parameters, t.checksum).where(here)):
                        what = f"The snapshot of run {run_id} at step {step:,}"
                        checksum.verify(row.parameters, row.checksum, what)
                else:
                    for row in store.rows(select_snapshots(table, run_id).where(t.step == step)):
                        as_snapshot(row)
            except UserError as error:
                yield Damage(run_id, str(error))
            except DatabaseError as error:
                if not database.is_malformed(error):
                    raise
                message = f"The snapshot at step {step:,} cannot be read: {error.orig}."
                yield Damage(run_id, message)


def _checkpoints(store: RunStore) -> Iterator[Damage]:
    for (run_id,) in store.rows(select(schema.checkpoints.c.run)):
        try:
            data = store.checkpoint(run_id)
            present = store.present([run_id])
        except UserError as error:
            yield Damage(run_id, str(error))
            continue
        except DatabaseError as error:
            if not database.is_malformed(error):
                raise
            yield Damage(run_id, f"The checkpoint cannot be read: {error.orig}.")
            continue
        run, _ = present.get(run_id, (None, -1))
        if data is None or run is None or isinstance(run, UserError):  # reported elsewhere
            continue
        network, _, optimizer = run.spec.build(run.stream_version)
        try:
            checkpoint.unpack(data, network.parameters, optimizer, network.sizes)
        except UserError as error:
            yield Damage(run_id, str(error))


def _orphans(store: RunStore) -> Iterator[Damage]:
    """Rows that nobody finds any more: deleting a run deletes all of its rows."""
    for table in schema.metadata.sorted_tables:
        for key in table.foreign_keys:
            parent, column = key.column.table, key.parent
            found = select(column).outerjoin_from(table, parent, column == key.column)
            missing = store.rows(found.where(key.column.is_(None)).distinct())
            for (parent_id,) in missing:
                run_id = parent_id if parent is schema.runs else ""
                yield Damage(run_id, _orphan(table, parent, parent_id))


def _orphan(table: Table, parent: Table, parent_id: str) -> str:
    kind = "run" if parent is schema.runs else "group"
    return f"There are {table.name} of the {kind} {parent_id!r}, which does not exist."
