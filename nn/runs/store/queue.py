"""The queue: as many runs at a time as there are cores; the rest wait for their turn.

A run has a slot while a worker holds its lease and is heard of. Who frees a slot then looks for a
queued run, who queues a run then looks for a free slot: so nobody waits beside a free one.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, not_, select, update

from nn.runs.store import schema

LEASE_SECONDS = 4.0  # a worker that has not written for so long has vanished
START_SECONDS = 20.0  # so long after the last worker was heard of, nobody will take a waiting run


def available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def new_lease() -> str:
    """The token of one worker's hold on one run."""
    return secrets.token_hex(8)


def is_queued() -> ColumnElement[bool]:
    """The condition that a run has been queued and nobody has taken it."""
    return and_(schema.runs.c.state == "queued", schema.runs.c.lease.is_(None))


def has_worker() -> ColumnElement[bool]:
    """The condition that a run has a slot now."""
    r = schema.runs.c
    return and_(r.lease.is_not(None), r.heartbeat > time.time() - LEASE_SECONDS)


def taken_slots(connection: Connection) -> int:
    return connection.scalar(select(func.count()).where(has_worker())) or 0


def free_slots(connection: Connection) -> int:
    return max(0, available_cores() - taken_slots(connection))


def waiting(connection: Connection) -> list[str]:
    """The ids of the runs that wait, the next one first."""
    r = schema.runs.c
    return list(connection.scalars(select(r.id).where(is_queued()).order_by(r.heartbeat, r.id)))


def take(connection: Connection, run_id: str) -> str | None:
    """Give a waiting run to a worker → the lease; None when it does not wait any more."""
    lease = new_lease()
    taken = connection.execute(
        update(schema.runs)
        .where(schema.runs.c.id == run_id, is_queued())
        .values(lease=lease, heartbeat=time.time())
    )
    return lease if taken.rowcount else None


def take_next(connection: Connection, run_id: str | None = None) -> tuple[str, str] | None:
    """Give ``run_id`` if it waits, else the run whose turn it is, to a worker → run and lease.

    None without a free slot or a run that waits. To be called in RunStore.exclusive.
    """
    if not free_slots(connection):
        return None
    for chosen in filter(None, (run_id, *waiting(connection))):
        if lease := take(connection, chosen):
            return chosen, lease
    return None


class QueueStatus(NamedTuple):
    """How the queue stands."""

    waiting: list[str]  # ids of the runs that wait, the next one first
    free: int  # slots
    heard: float  # when any worker last wrote, seconds since 1970

    def position(self, run_id: str, silent: float) -> int:
        """1, 2, … in the queue; 0 when a worker should be there any moment.

        silent: seconds since the run was queued.
        """
        if run_id not in self.waiting:  # it came or was taken between two looks into the store
            return 0
        position = self.waiting.index(run_id) + 1
        return position if silent > START_SECONDS else max(0, position - self.free)


def status(connection: Connection) -> QueueStatus:
    r = schema.runs.c
    heard = connection.scalar(select(func.max(r.heartbeat)).where(not_(is_queued())))
    return QueueStatus(waiting(connection), free_slots(connection), heard or 0.0)
