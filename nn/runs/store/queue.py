"""The queue: as many runs train at a time as there are cores; the others are queued.

A run has a slot while a worker holds its lease and sends heartbeats. The members of a race have one
worker, one lease and one slot. When a slot becomes free, its
worker takes the next queued run; when a run is queued, a worker is started if a slot is free. So no
slot stays idle while runs are queued.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, not_, select, update

from nn.runs.store import schema

LEASE_SECONDS = 4.0  # a worker without a heartbeat for longer has vanished
START_SECONDS = 20.0  # when no worker was active for longer, none will take a queued run


def available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def new_lease() -> str:
    """A token for one worker's ownership of one run."""
    return secrets.token_hex(8)


def is_queued() -> ColumnElement[bool]:
    """The condition that a run is queued and no worker has taken it."""
    return and_(schema.runs.c.state == "queued", schema.runs.c.lease.is_(None))


def has_worker() -> ColumnElement[bool]:
    """The condition that a run has a slot now, alone or with the other members of its race."""
    r = schema.runs.c
    return and_(r.lease.is_not(None), r.heartbeat > time.time() - LEASE_SECONDS)


def taken_slots(connection: Connection) -> int:
    leases = func.count(schema.runs.c.lease.distinct())
    return connection.scalar(select(leases).where(has_worker())) or 0


def free_slots(connection: Connection) -> int:
    return max(0, available_cores() - taken_slots(connection))


def queued_runs(connection: Connection) -> list[str]:
    """The ids of the queued runs, the next one first."""
    r = schema.runs.c
    return list(connection.scalars(select(r.id).where(is_queued()).order_by(r.heartbeat, r.id)))


def take(connection: Connection, run_id: str) -> str | None:
    """Give a queued run to a worker → its lease; None when the run is no longer queued."""
    lease = new_lease()
    taken = connection.execute(
        update(schema.runs)
        .where(schema.runs.c.id == run_id, is_queued())
        .values(lease=lease, heartbeat=time.time())
    )
    return lease if taken.rowcount else None


def take_next(connection: Connection, run_id: str | None = None) -> tuple[str, str] | None:
    """Give ``run_id`` if it is queued, otherwise the next queued run, to a worker → run and lease,
    which is that of the other queued members of its race too.

    None without a free slot or a queued run. Call it within RunStore.exclusive.
    """
    if not free_slots(connection):
        return None
    for chosen in filter(None, (run_id, *queued_runs(connection))):
        if lease := take(connection, chosen):
            for member in _queued_companions(connection, chosen):
                connection.execute(
                    update(schema.runs)
                    .where(schema.runs.c.id == member)
                    .values(lease=lease, heartbeat=time.time())
                )
            return chosen, lease
    return None


def _queued_companions(connection: Connection, run_id: str) -> list[str]:
    """The other queued members of the run's race, which start or go on together."""
    m, g = schema.members.c, schema.groups.c
    races = select(g.id).join_from(schema.groups, schema.members)
    races = races.where(m.run == run_id, g.kind == "race")
    members = select(schema.runs.c.id).join_from(schema.runs, schema.members)
    return list(connection.scalars(members.where(m.group.in_(races), is_queued())))


class QueueStatus(NamedTuple):
    queued: list[str]  # ids of the queued runs, the next one first
    free: int  # slots
    last_heartbeat: float  # of any worker, seconds since 1970

    def position(self, run_id: str, silent: float) -> int:
        """1, 2, … in the queue; 0 when a worker is about to take the run.

        silent: seconds since the run was queued.
        """
        if run_id not in self.queued:  # it was queued or taken between two queries
            return 0
        position = self.queued.index(run_id) + 1
        return position if silent > START_SECONDS else max(0, position - self.free)


def status(connection: Connection) -> QueueStatus:
    r = schema.runs.c
    last = connection.scalar(select(func.max(r.heartbeat)).where(not_(is_queued())))
    return QueueStatus(queued_runs(connection), free_slots(connection), last or 0.0)
