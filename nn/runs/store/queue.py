"""The queue: on each host, as many runs train at a time as it has cores; the others are queued.

A run has a slot of its worker's host while the worker holds its lease and sends heartbeats. The
members of a race have one worker, one lease and one slot. When a slot becomes free, its worker
takes the next queued run; when a run is queued, a worker is started if a slot is free. So no slot
stays idle while runs are queued. Visitors take turns. A run whose data is a file waits for a host
that has it. All times are the database's (nn.runs.store.clock).
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    func,
    not_,
    select,
    update,
)

from nn.runs.store import clock, schema

LEASE_SECONDS = 3.5  # a worker without a heartbeat for longer has vanished
LEFT_ALONE_SECONDS = 3.0  # a run queued for longer waits for nobody who starts a worker for it
START_SECONDS = 20.0  # when no worker was active for longer, none will take a queued run
MAX_HOST = 255  # characters of a host's name


def available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def host() -> str:
    """Under which this computer's slots are counted: ``$DIGITSCOPE_HOST``, else its own name."""
    return (os.environ.get("DIGITSCOPE_HOST") or socket.gethostname())[:MAX_HOST]


def new_lease() -> str:
    """A token for one worker's ownership of one run."""
    return secrets.token_hex(8)


def is_queued() -> ColumnElement[bool]:
    """The condition that a run is queued and no worker has taken it."""
    return and_(schema.runs.c.state == "queued", schema.runs.c.lease.is_(None))


def silence(runs: FromClause = schema.runs) -> ColumnElement[float]:
    """Seconds since the last heartbeat of a run's worker, not counting while the database was down.
    A heartbeat in the future is of a clock that has been set back since: its worker is gone, too,
    if it does not send another."""
    sent, opened = runs.c.heartbeat, clock.opened()
    return func.abs(clock.now() - case((sent < opened, opened), else_=sent))


def has_worker(runs: FromClause = schema.runs) -> ColumnElement[bool]:
    """The condition that a run has a slot now, alone or with the other members of its race."""
    return and_(runs.c.lease.is_not(None), silence(runs) < LEASE_SECONDS)


def holding(lease: str | None) -> dict[str, Any]:
    """The columns of a run whose worker, on this host, holds ``lease``; None: it is queued here."""
    return {"lease": lease, "host": host(), "heartbeat": clock.now()}


def taken_slots(connection: Connection) -> int:
    """Of this host."""
    r = schema.runs.c
    leases = select(func.count(r.lease.distinct())).where(has_worker(), r.host == host())
    return connection.scalar(leases) or 0


def free_slots(connection: Connection) -> int:
    """Of this host."""
    return max(0, available_cores() - taken_slots(connection))


def queued_runs(connection: Connection) -> list[str]:
    """The ids of the queued runs, the next one first."""
    return list(connection.scalars(_queued()))


def left_alone(connection: Connection, lease: str | None = None) -> list[str]:
    """The queued runs that no worker takes although this host has free slots for them, the next one
    first: whoever would have taken them was killed.

    lease: of the worker that asks; of several on a host, one is told and the others are not.
    """
    free = free_slots(connection)
    if not free:
        return []
    r = schema.runs.c
    if lease:
        first = select(func.min(r.lease)).where(has_worker(), r.host == host())
        if connection.scalar(first) != lease:
            return []
    waiting = _queued().where(r.heartbeat < clock.now() - LEFT_ALONE_SECONDS)
    rows = connection.execute(waiting.add_columns(r.host, r.spec).limit(free + 100))
    return [row.id for row in rows if not missing_data(row)][:free]


def _queued() -> Select[tuple[str]]:
    """A query for the ids of the queued runs. Visitors take turns: first those run that are the
    first of their owner, not counting the owner's runs that train already; of one turn, that which
    waits longest."""
    r, others = schema.runs.c, schema.runs.alias()
    # Those of one millisecond, which is all that SQLite's clock shows, in the order of creation.
    order = r.heartbeat, r.created, r.id
    count = func.count(others.c.lease.distinct()).label("count")
    by_owner = select(others.c.owner, count).where(has_worker(others)).group_by(others.c.owner)
    training = by_owner.subquery()
    position = func.row_number().over(partition_by=r.owner, order_by=order)
    turn = (position + func.coalesce(training.c["count"], 0)).label("turn")
    waiting = select(r.id, turn).where(is_queued())
    turns = waiting.outerjoin_from(schema.runs, training, training.c.owner == r.owner).subquery()
    queued = select(r.id).join(turns, turns.c.id == r.id).where(is_queued())
    return queued.order_by(turns.c.turn, *order)


def take(connection: Connection, run_id: str) -> str | None:
    """Give a queued run to a worker → its lease; None when the run is no longer queued."""
    lease = new_lease()
    taken = connection.execute(
        update(schema.runs).where(schema.runs.c.id == run_id, is_queued()).values(holding(lease))
    )
    return lease if taken.rowcount else None


def take_next(connection: Connection, run_id: str | None = None) -> tuple[str, str] | None:
    """Give ``run_id`` if it is queued, otherwise the next queued run, to a worker → run and lease,
    which is that of the other queued members of its race too.

    None without a free slot or a queued run. Call it within RunStore.exclusive.
    """
    if not free_slots(connection):
        return None
    r = schema.runs.c
    wanted = select(r.id).where(r.id == run_id, is_queued())
    for query in (*([wanted] if run_id else []), _queued()):
        if chosen := _first_with_data(connection, query):
            lease = take(connection, chosen)
            assert lease
            for member in _queued_companions(connection, chosen):
                connection.execute(update(schema.runs).where(r.id == member).values(holding(lease)))
            return chosen, lease
    return None


def _first_with_data(connection: Connection, query: Select[tuple[str]]) -> str | None:
    """The first run of a query whose data this host has, held from now on. On a server, those that
    somebody is just changing are left out."""
    r, passed = schema.runs.c, list[str]()
    query = query.with_for_update(of=schema.runs, skip_locked=True).limit(1)
    while row := connection.execute(
        query.add_columns(r.host, r.spec).where(r.id.not_in(passed))
    ).first():
        if not missing_data(row):
            return str(row.id)
        passed.append(row.id)
    return None


def missing_data(row: Any) -> str:
    """The name of the file or folder that a queued run needs and this host does not have; "" if it
    has all. A run that was queued on this host is taken in any case: it fails and says why."""
    if row.host in ("", host()):
        return ""
    try:
        spec = dict(json.loads(row.spec))
    except (ValueError, TypeError, RecursionError):  # whoever takes the run says so
        return ""
    for path in (str(spec.get(name, "")) for name in ("dataset", "extra_data")):
        if os.path.isabs(path) and not os.path.exists(path):
            return os.path.basename(path)  # its folder is private
    return ""


def _queued_companions(connection: Connection, run_id: str) -> list[str]:
    """The other queued members of the run's race, which start or go on together; held from now
    on."""
    m, g = schema.members.c, schema.groups.c
    races = select(g.id).join_from(schema.groups, schema.members)
    races = races.where(m.run == run_id, g.kind == "race")
    members = select(schema.runs.c.id).join_from(schema.runs, schema.members)
    members = members.where(m.group.in_(races), is_queued())
    return list(connection.scalars(members.with_for_update(of=schema.runs, skip_locked=True)).all())


class QueueStatus(NamedTuple):
    queued: list[str]  # ids of the queued runs, the next one first
    free: int  # slots of this host
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
    past = not_(is_queued()), r.heartbeat < clock.now() + LEASE_SECONDS
    last = connection.scalar(select(func.max(r.heartbeat)).where(*past))
    return QueueStatus(queued_runs(connection), free_slots(connection), last or 0.0)
