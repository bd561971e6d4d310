"""Lease: a worker's ownership of its run, checked in every write.

A worker whose run was deleted or given to another worker writes nothing more.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, bindparam, select, update
from sqlalchemy.exc import OperationalError

from nn.runs.store import clock, database, queue, schema
from nn.runs.store.lock_retry import retry_while_locked
from nn.runs.store.store import RunStore, State

HEARTBEAT_INTERVAL = 1.0  # seconds


class LeaseLost(Exception):
    """The run was deleted or given to another worker."""


class Lease:
    def __init__(self, store: RunStore, run_id: str, token: str | None = None) -> None:
        """Claim a queued run, or take the one that was reserved under ``token``.

        Raises LeaseLost when the run is not queued.
        """
        self.store, self.run_id = store, run_id
        token = token or self._take()
        if token is None:
            raise LeaseLost
        self._token = token

    @retry_while_locked
    def _take(self) -> str | None:
        with self.store.writing() as connection:
            return queue.take(connection, self.run_id)

    def update(self, connection: Connection, **values: object) -> None:
        """Set ``values`` and the heartbeat in the run's row. Raises LeaseLost."""
        owner = {"leased_run": self.run_id, "token": self._token}
        if not connection.execute(_update_run(tuple(values)), owner | values).rowcount:
            raise LeaseLost

    def release(self) -> bool:
        """See Recorder.release. True also when another member of the race has done it."""
        r, t = schema.runs.c, schema.commands.c
        is_held = r.lease == self._token
        with self.store.holding(is_held) as connection:
            if connection.scalar(select(r.lease).where(r.id == self.run_id)) != self._token:
                return True
            pending = select(t.id).join_from(schema.commands, schema.runs)
            pending = pending.where(is_held, t.step.is_(None))
            not_paused = select(r.id).where(is_held, r.state != State.PAUSED)
            if connection.execute(pending).first() or connection.execute(not_paused).first():
                return False
            connection.execute(update(schema.runs).where(is_held).values(lease=None))
            return True

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Write heartbeats in a thread, also during a long step or evaluation."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(HEARTBEAT_INTERVAL):
                try:
                    self.write_heartbeat()
                    # Waits for the disk: here, so that training does not.
                    database.checkpoint_wal(self.store.engine)
                except LeaseLost:  # the worker finds out at its next write
                    return
                except OperationalError:  # the store is locked: the next heartbeat will do
                    pass

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def write_heartbeat(self) -> None:
        with self.store.writing(HEARTBEAT_INTERVAL) as connection:
            self.update(connection)


# Cached: building the statement takes longer than executing it, thirty times a second.
@cache
def _update_run(names: tuple[str, ...]) -> Update:
    runs = schema.runs
    leased = runs.c.id == bindparam("leased_run"), runs.c.lease == bindparam("token")
    values: dict[str, ColumnElement[Any]] = {name: bindparam(name) for name in names}
    return update(runs).where(*leased).values(values | {"heartbeat": clock.now()})
