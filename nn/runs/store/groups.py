"""Groups: runs that belong together. Each member is an ordinary run, which knows no group."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, select

from nn.errors import UserError
from nn.runs import race
from nn.runs.spec import RunSpec
from nn.runs.store import clock, schema
from nn.runs.store.store import RUN_ID_BYTES, RunStore, insert_run

Kind = Literal["race", "grid", "sweep"]
APART = 1e-5  # seconds between the members' times, which order the queue


class Group(NamedTuple):
    id: str
    kind: Kind
    name: str
    owner: str  # the visitor who started it; "": the command line
    created: float  # seconds since 1970
    options: dict[str, Any]  # of its kind; of a race "free", see nn.runs.worker.race
    runs: tuple[str, ...]  # ids of its members, in order


def create_group(
    store: RunStore,
    kind: Kind,
    specs: Sequence[RunSpec],
    name: str = "",
    owner: str = "",
    names: Sequence[str] | None = None,
    group_id: str | None = None,
    run_ids: Sequence[str] | None = None,
    lease: str | None = None,
    **options: Any,
) -> Group:
    """Record a group and a queued run for each of ``specs``, or nothing.

    names: of the runs, their ids if None; group_id, run_ids: random ones if None; lease: as in
    RunStore.create, for all of them; options: JSON. Raises UserError for a race of configurations
    that cannot race each other, and without any; otherwise as RunStore.create.
    """
    if kind == "race":
        race.check(specs)
    if not specs:
        raise UserError("A group needs at least one configuration.")
    group_id = group_id or secrets.token_hex(RUN_ID_BYTES)
    with store.writing() as connection:
        connection.execute(
            insert(schema.groups).values(
                id=group_id,
                kind=kind,
                name=name,
                owner=owner,
                created=clock.now(),
                options=json.dumps(options),
            )
        )
        _insert_members(connection, group_id, specs, owner, names, run_ids, lease)
    return group(store, group_id)


def add_members(
    store: RunStore,
    group_id: str,
    specs: Sequence[RunSpec],
    names: Sequence[str] | None = None,
    run_ids: Sequence[str] | None = None,
) -> Group:
    """Record a queued run for each of ``specs`` as the last members of a group that exists, or
    nothing → the group as it is now.

    names, run_ids: as in create_group. Raises UserError when there is no group with this id, and
    for a race, whose members start together; otherwise as RunStore.create.
    """
    found = group(store, group_id)
    if found.kind == "race":
        raise UserError("A race has begun with all of its members.")
    m = schema.members.c
    with store.exclusive() as connection:
        last = connection.scalar(select(func.max(m.position)).where(m.group == group_id))
        first = 0 if last is None else last + 1
        _insert_members(connection, group_id, specs, found.owner, names, run_ids, first=first)
    return group(store, group_id)


def _insert_members(
    connection: Connection,
    group_id: str,
    specs: Sequence[RunSpec],
    owner: str,
    names: Sequence[str] | None,
    run_ids: Sequence[str] | None,
    lease: str | None = None,
    first: int = 0,
) -> None:
    """first: the position of the first of them in the group."""
    for i, spec in enumerate(specs):
        run_name = names[i] if names else ""
        run_id = run_ids[i] if run_ids else None
        run = insert_run(connection, spec, run_name, lease, owner, run_id, after=i * APART)
        member = {"group": group_id, "run": run, "position": first + i}
        connection.execute(insert(schema.members).values(member))


def group(store: RunStore, group_id: str) -> Group:
    """Raises UserError when there is no group with this id."""
    found = _find(store, schema.groups.c.id == group_id)
    if not found:
        raise UserError(f"There is no group {group_id!r}: its runs may have been deleted.")
    return found[0]


def groups_of(store: RunStore, run_id: str) -> list[Group]:
    """The groups that the run is a member of, newest first."""
    of_run = select(schema.members.c.group).where(schema.members.c.run == run_id)
    return _find(store, schema.groups.c.id.in_(of_run))


def groups(store: RunStore) -> list[Group]:
    """All groups, newest first."""
    return _find(store)


def _find(store: RunStore, *conditions: ColumnElement[bool]) -> list[Group]:
    g, m = schema.groups.c, schema.members.c
    rows = store.rows(
        select(schema.groups, m.run)
        .join_from(schema.groups, schema.members)
        .where(*conditions)
        .order_by(g.created.desc(), g.id, m.position)
    )
    found: dict[str, Group] = {}
    for row in rows:
        if row.id in found:
            before = found[row.id]
            found[row.id] = before._replace(runs=(*before.runs, row.run))
        else:
            options = _options(row.options)
            found[row.id] = Group(
                row.id, row.kind, row.name, row.owner, row.created, options, (row.run,)
            )
    return list(found.values())


def _options(text: str) -> dict[str, Any]:
    """{} for a damaged text: the runs of the group, and all other groups, are still there."""
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return {}
