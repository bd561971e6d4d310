"""RunStore: the database between workers and everything that reads.

The store is the only channel: a worker writes through nn.runs.worker.recorder; everything else
reads here and sends commands. It is an SQLite file in ``$DIGITSCOPE_HOME`` unless
``$DIGITSCOPE_STORE`` is the URL of another database.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from unicodedata import category

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    make_url,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from nn.errors import UserError
from nn.network import LAYOUT, from_layout, parameter_count
from nn.runs.old_names import translated
from nn.runs.spec import RunSpec, read_fields
from nn.runs.store import checksum, clock, database, queue, reserve, schema
from nn.runs.store.run import (
    COLUMNS,
    AccuracyEstimate,
    Command,
    CommandKind,
    Inbox,
    Point,
    Run,
    Snapshot,
    State,
    UnreadableRun,
    as_run,
    check_settings,
    is_queued,
    stored_spec,
    unreadable_run,
)
from nn.support.paths import extra_data, home

__all__ = [
    "AccuracyEstimate",
    "Command",
    "Point",
    "Run",
    "RunStore",
    "Snapshot",
    "State",
    "UnreadableRun",
]

# Unicode categories: control characters, surrogates, line and paragraph separators.
NOT_IN_NAMES = ("Cc", "Cs", "Zl", "Zp")
RUN_ID_BYTES = 4  # twice as many hexadecimal digits
MAX_PENDING = 100  # commands that a run's worker has not obeyed yet; it obeys within 0.1 s


class RunStore:
    """Safe to share between threads and processes."""

    def __init__(self, url: str | None = None) -> None:
        """Open the store; create or migrate it if needed. Raises UserError when that fails."""
        try:
            url = url or os.environ.get("DIGITSCOPE_STORE")
            self.url = url or f"sqlite:///{home() / 'store.sqlite3'}"
            try:
                self.engine = database.open_engine(self.url)
            except OperationalError as error:
                if not reserve.give_up(make_url(self.url), error, reserve.PART):
                    raise
                self.engine = database.open_engine(self.url)
        except UserError:
            raise
        except (SQLAlchemyError, ImportError, OSError, ValueError) as error:
            if isinstance(error, DBAPIError) and reserve.is_full(make_url(self.url), error):
                raise UserError(
                    "The store cannot be opened: the disk is full. Free up disk space, for example "
                    "by deleting the folder “cache” in Digitscope's data folder."
                ) from None
            raise UserError(
                f"The store cannot be opened: {_reason(error)}. Check DIGITSCOPE_STORE and "
                "DIGITSCOPE_HOME."
            ) from None

    @contextmanager
    def writing(self, wait: float = database.LOCK_WAIT) -> Iterator[Connection]:
        """A transaction: all of it is written, or nothing. wait: seconds for other writers."""
        with self.engine.begin() as connection:
            database.set_lock_wait(connection, wait)
            yield connection

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        """A transaction that runs alone: no other exclusive one does before it ends."""
        with self.writing() as connection:
            database.lock(connection)
            yield connection

    @contextmanager
    def holding(self, which: ColumnElement[bool]) -> Iterator[Connection]:
        """A transaction that holds the runs of which a condition is true: nobody else changes them
        before it ends. On SQLite, nobody else writes at all."""
        with self.writing() as connection:
            database.lock(connection, which)
            yield connection

    def rows(self, statement: Any) -> Sequence[Any]:
        """All rows that a query finds, in a transaction of its own."""
        with self.engine.connect() as connection:
            return connection.execute(statement).all()

    # Runs

    def create(
        self,
        spec: RunSpec,
        name: str = "",
        lease: str | None = None,
        owner: str = "",
        run_id: str | None = None,
    ) -> Run:
        """Record a new run: queued, or reserved for the worker that holds ``lease``.

        owner: the visitor allowed to control it; the command line controls every run. run_id: a
        random one if None. Raises UserError for a name with an @, as in ``RUN@STEP``, or with more
        than one line, and IntegrityError when there is a run with this id.
        """
        with self.writing() as connection:
            run_id = insert_run(connection, spec, name, lease, owner, run_id)
        return self.run(run_id)

    def runs(self, ids: Sequence[str] | None = None) -> list[Run]:
        """All runs, or those with these ids, newest first, without the unreadable ones."""
        runs = []
        query = select(*COLUMNS).order_by(schema.runs.c.created.desc())
        if ids is not None:
            query = query.where(schema.runs.c.id.in_(list(filter(_may_be_id, ids))))
        with self.engine.connect() as connection:
            status = queue.status(connection)
            for row in connection.execute(query):
                with suppress(UserError):
                    runs.append(as_run(row, status))
        return runs

    def unreadable_runs(self) -> list[UnreadableRun]:
        """The runs that ``runs`` leaves out, newest first."""
        rows = self.rows(select(*COLUMNS).order_by(schema.runs.c.created.desc()))
        return [found for row in rows if (found := unreadable_run(row))]

    def trained_count(self) -> int:
        """How many runs have started to train."""
        r = schema.runs.c
        with self.engine.connect() as connection:
            query = select(func.count()).where(r.samples_seen > 0)
            return connection.scalar(query) or 0

    def active_runs(self) -> list[Run]:
        """The runs that train, will train, or are paused, newest first, without the unreadable
        ones; fast beside many others."""
        r = schema.runs.c
        is_active = r.state.in_([state for state in State if state.active])
        with self.engine.connect() as connection:
            status = queue.status(connection)
            rows = connection.execute(select(*COLUMNS).where(is_active).order_by(r.created.desc()))
            runs = [as_run(row, status) for row in rows if not unreadable_run(row)]
        return [run for run in runs if run.state.active]  # others are interrupted by now

    def run(self, run_id: str) -> Run:
        """Raises UserError when there is no run with this id, or it cannot be read."""
        with self.engine.connect() as connection:
            return self._run(connection, run_id)

    def present(self, run_ids: Collection[str]) -> dict[str, tuple[Run | UserError, int]]:
        """Those of the runs that exist, by id, and the step of the newest snapshot of each, as
        ``newest_step``: fast for many. The UserError says why a run cannot be opened."""
        with self.engine.connect() as connection:
            rows = connection.execute(_PRESENT, {"ids": list(filter(_may_be_id, run_ids))}).all()
            status = queue.status(connection) if any(map(is_queued, rows)) else None
        found: dict[str, tuple[Run | UserError, int]] = {}
        for row in rows:
            step = max(-1 if row.live is None else row.live, -1 if row.kept is None else row.kept)
            try:
                found[row.id] = as_run(row, status), step
            except UserError as error:
                found[row.id] = error, step
        return found

    def _run(self, connection: Connection, run_id: str) -> Run:
        query = select(*COLUMNS).where(schema.runs.c.id == run_id)
        row = connection.execute(query).one_or_none() if _may_be_id(run_id) else None
        if not row:
            raise UserError(f"There is no run {run_id!r}. `python -m nn runs` lists them.")
        return as_run(row, queue.status(connection) if is_queued(row) else None)

    def find(self, text: str) -> Run:
        """The run with this id, name or unique beginning of an id. Raises UserError, also for one
        that cannot be read."""
        return self.run(self.find_id(text))

    def find_id(self, text: str) -> str:
        """As ``find``, but only the id, also of a run that cannot be read."""
        r = schema.runs.c
        runs = self.rows(select(r.id, r.name).order_by(r.created.desc()))
        for matches in (
            [run for run in runs if text in (run.id, run.name)],
            [run for run in runs if text and run.id.startswith(text)],
        ):
            if len(matches) == 1:
                return str(matches[0].id)
            if matches:
                ids = ", ".join(run.id for run in matches)
                raise UserError(
                    f"{text!r} matches {len(matches)} runs: {ids}. Choose one by its id."
                )
        raise UserError(f"There is no run {text!r}. `python -m nn runs` lists them.")

    def requeue(
        self, run_id: str, lease: str | None = None, companions: Collection[str] = ()
    ) -> Run:
        """Queue a run again, to continue from its checkpoint, or reserve it for the worker that
        holds ``lease``; and with it those of its ``companions`` in a race that can be.

        Raises UserError for a run that is queued, has a worker, has finished, has diverged or has
        settings of a newer version.
        """
        with self.holding(schema.runs.c.id.in_([run_id, *companions])) as connection:
            self._requeue(connection, run_id, lease)
            for companion in companions:
                with suppress(UserError):
                    self._requeue(connection, companion, lease)
            return self._run(connection, run_id)

    def _requeue(self, connection: Connection, run_id: str, lease: str | None) -> None:
        run = self._run(connection, run_id)
        check_settings(run)
        r = schema.runs.c
        lease_held = connection.scalar(select(r.lease).where(r.id == run_id))
        released = run.state is State.PAUSED and not lease_held
        if (run.state.active and not released) or run.state is State.FINISHED:
            raise UserError(f"Run {run.name} is {run.state}: there is nothing to resume.")
        if run.state is State.DIVERGED:
            raise UserError(
                f"Run {run.name} would diverge again. Start a new run with a lower learning rate."
            )
        connection.execute(
            update(schema.runs)
            .where(r.id == run_id)
            .values(state=State.QUEUED, message="", **queue.holding(lease))
        )
        # What was asked of the worker that is gone is not asked of the next, which begins at full
        # speed.
        t = schema.commands.c
        connection.execute(
            delete(schema.commands).where(t.run == run_id, or_(t.step.is_(None), t.kind == "speed"))
        )

    def cancel(self, *run_ids: str) -> set[str]:
        """Stop those of the runs that have no worker: queued, or paused for long → which."""
        r = schema.runs.c
        is_waiting = r.state.in_((State.QUEUED, State.PAUSED)) & r.lease.is_(None)
        with self.holding(r.id.in_(run_ids)) as connection:
            waiting = set(connection.scalars(select(r.id).where(r.id.in_(run_ids), is_waiting)))
            connection.execute(
                update(schema.runs)
                .where(r.id.in_(waiting))
                .values(state=State.STOPPED, heartbeat=clock.now())
            )
        return waiting

    def pin(self, run_id: str, pinned: bool) -> None:
        """Set whether the run keeps all its snapshots when the store exceeds its quota."""
        with self.writing() as connection:
            connection.execute(
                update(schema.runs).where(schema.runs.c.id == run_id).values(pinned=pinned)
            )

    def rename(self, run_id: str, name: str) -> None:
        """An empty name resets it to the id. Raises UserError as ``create``."""
        _check_name(name)
        with self.writing() as connection:
            connection.execute(
                update(schema.runs).where(schema.runs.c.id == run_id).values(name=name or run_id)
            )

    def delete(self, run_id: str) -> None:
        """Delete a run, everything recorded of it, a group of which it is the last member, and its
        file of extra data unless another run uses it. Its worker, if any, stops."""
        try:
            self._delete(run_id)
        except OperationalError as error:
            if not reserve.give_up(self.engine.url, error):
                raise
            self._delete(run_id)
        reserve.make(self.engine)

    def _delete(self, run_id: str) -> None:
        with self.holding(schema.runs.c.id == run_id) as connection:
            specs = select(schema.runs.c.id, schema.runs.c.spec)
            files = {row.id: _extra_data(row.spec) for row in connection.execute(specs)}
            connection.execute(delete(schema.runs).where(schema.runs.c.id == run_id))
            with_members = select(schema.members.c.group)
            connection.execute(delete(schema.groups).where(schema.groups.c.id.not_in(with_members)))
        file = files.pop(run_id, "")
        if file and file not in files.values() and Path(file).parent == extra_data(""):
            with suppress(OSError):  # still open on Windows, or gone already
                Path(file).unlink()
        database.reclaim(self.engine)

    # What was recorded

    def points(self, run_id: str, after: int = -1) -> list[Point]:
        """The loss curve's points with a step above ``after``, in order."""
        t = schema.points.c
        query = select(t.step, t.samples_seen, t.loss, t.smoothed_loss)
        query = query.where(t.run == run_id, t.step > after)
        return [Point(*row) for row in self.rows(query.order_by(t.step))]

    def accuracy_estimates(self, run_id: str, after: int = -1) -> list[AccuracyEstimate]:
        """Those with a step above ``after``, in order."""
        t = schema.accuracy_estimates.c
        query = select(t.step, t.samples_seen, t.accuracy).where(t.run == run_id, t.step > after)
        return [AccuracyEstimate(*row) for row in self.rows(query.order_by(t.step))]

    def epochs(self, run_id: str, after: int = 0) -> list[dict[str, Any]]:
        """The complete epochs above number ``after``, in order, by column name."""
        t = schema.epochs
        query = select(t).where(t.c.run == run_id, t.c.epoch > after).order_by(t.c.epoch)
        return [
            {key: value for key, value in row._mapping.items() if key != "run"}
            for row in self.rows(query)
        ]

    def last_epochs(self, ids: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
        """The last complete epoch of each run that has one, or of those with these ids, as
        ``epochs``, by the run's id; with the "best_test_accuracy" of all its epochs."""
        t = schema.epochs.c
        last = (
            select(
                t.run,
                func.max(t.epoch).label("epoch"),
                func.max(t.test_accuracy).label("best_test_accuracy"),
            )
            .where(t.run.in_(ids) if ids is not None else true())
            .group_by(t.run)
            .subquery()
        )
        is_best = and_(t.run == last.c.run, t.test_accuracy == last.c.best_test_accuracy)
        best = (
            select(t.run, func.min(t.epoch).label("best_epoch"))
            .join_from(schema.epochs, last, is_best)
            .group_by(t.run)
            .subquery()
        )
        query = (
            select(schema.epochs, last.c.best_test_accuracy, best.c.best_epoch)
            .join_from(schema.epochs, last, and_(t.run == last.c.run, t.epoch == last.c.epoch))
            .outerjoin(best, best.c.run == t.run)
        )
        return {row.run: dict(row._mapping) for row in self.rows(query)}

    def snapshot_steps(self, run_id: str) -> list[int]:
        """The steps of the snapshots, in order."""
        t = schema.snapshots.c
        query = select(t.step).where(t.run == run_id).order_by(t.step)
        return [row.step for row in self.rows(query)]

    def snapshot_samples_seen(self, run_id: str) -> dict[int, int]:
        """The step of each snapshot → images seen by then, in order."""
        t = schema.snapshots.c
        query = select(t.step, t.samples_seen).where(t.run == run_id).order_by(t.step)
        return {row.step: row.samples_seen for row in self.rows(query)}

    def snapshot(self, run_id: str, step: int) -> Snapshot:
        """The snapshot at ``step``. Raises UserError when there is none, or it is damaged."""
        rows = self.rows(
            select_snapshots(schema.snapshots, run_id).where(schema.snapshots.c.step == step)
        )
        if not rows:
            raise UserError(f"Run {run_id} has no snapshot at step {step:,}.")
        return as_snapshot(rows[0])

    def newest_step(self, run_id: str) -> int:
        """The step of the latest snapshot, live or kept; -1 without one."""
        return max(self._newest_steps(run_id))

    def _newest_steps(self, run_id: str) -> tuple[int, int]:
        """The steps of the latest live and the latest kept snapshot; -1 without one."""
        if not _may_be_id(run_id):
            return -1, -1
        here = select(schema.runs.c.step).where(schema.runs.c.id == run_id).scalar_subquery()
        live, kept = (
            self.rows(select(func.max(t.c.step)).where(t.c.run == run_id, t.c.step <= here))[0][0]
            for t in (schema.live, schema.snapshots)
        )
        return -1 if live is None else live, -1 if kept is None else kept

    def newest_snapshot(self, run_id: str, shown: int = -1) -> Snapshot | None:
        """The latest snapshot, live or kept, up to the run's step; None if that is ``shown``.

        A run that resumes from its checkpoint has snapshots of later steps already.
        """
        live, kept = self._newest_steps(run_id)
        if max(live, kept) in (-1, shown):
            return None
        if kept > live:
            return self.snapshot(run_id, kept)
        rows = self.rows(select_snapshots(schema.live, run_id))
        return as_snapshot(rows[0]) if rows else None  # it may be gone by now

    def checkpoint(self, run_id: str) -> bytes | None:
        """Raises DamagedError, a UserError, when it is not what was written."""
        t = schema.checkpoints.c
        rows = self.rows(select(t.data, t.checksum).where(t.run == run_id))
        if not rows:
            return None
        checksum.verify(rows[0].data, rows[0].checksum, f"The checkpoint of run {run_id}")
        return bytes(rows[0].data)

    # To the worker

    def watch(self, run_ids: Collection[str], seconds: float) -> None:
        """Ask for live snapshots of these runs for the next ``seconds``: somebody is watching."""
        self._watch_for(seconds, run_ids)

    def request_live_snapshot(self, run_ids: Collection[str]) -> None:
        """Ask for one live snapshot of each of these runs."""
        self._watch_for(0.0, run_ids)  # until later than before, and over at once

    def _watch_for(self, seconds: float, run_ids: Collection[str]) -> None:
        here, end = schema.runs.c.id.in_(run_ids), clock.now() + seconds
        with self.writing() as connection:
            connection.execute(update(schema.runs).where(here).values(watched_until=end))

    def command(self, run_id: str, kind: CommandKind, value: float | None = None) -> int | None:
        """Send a command to the run's worker, which obeys within 0.1 s → the command's id; None if
        the run has no worker. The members of a race that one worker trains get the same command,
        but a learning rate.

        value: with "step", how many steps a paused run takes before it pauses again; with "lr", the
        learning rate from now on; with "speed", the most steps a second (0: full speed). Raises
        UserError for an impossible value, and while many commands wait for the worker.
        """
        if kind == "lr":
            replace(self.run(run_id).spec, lr=value)  # type: ignore[arg-type]  # checked here
        elif kind == "step" and not (isinstance(value, int) and value > 0):
            raise UserError(f"step must be a number of steps, 1 or more; got {value!r}.")
        elif kind == "speed" and not (isinstance(value, int | float) and 0 <= value < math.inf):
            raise UserError(f"speed must be a number of steps a second, 0 or more; got {value!r}.")
        elif kind not in ("step", "speed"):
            value = None
        r = schema.runs.c
        with self.holding(r.id == run_id) as connection:
            query = select(r.lease).where(r.id == run_id, queue.has_worker())
            lease = connection.scalar(query)
            if lease is None:
                return None
            here = r.id == run_id if kind == "lr" else r.lease == lease
            t = schema.commands.c
            pending = select(func.count()).where(t.run == run_id, t.step.is_(None))
            if kind != "stop" and (connection.scalar(pending) or 0) >= MAX_PENDING:
                raise UserError(
                    f"The run has not obeyed the last {MAX_PENDING} commands yet. Wait a few "
                    "seconds, then try again."
                )
            sent: dict[str, int] = {}
            for each in connection.scalars(select(r.id).where(here)).all():
                row = {"run": each, "kind": kind, "value": value, "created": clock.now()}
                inserted = connection.execute(insert(schema.commands).values(row))
                assert inserted.inserted_primary_key
                sent[each] = inserted.inserted_primary_key.id
            return sent[run_id]

    def last_obeyed(self, run_id: str) -> int:
        """The id of the last command that the run's worker has obeyed; 0: of none. Workers obey in
        the order of the ids."""
        t = schema.commands.c
        query = select(func.max(t.id)).where(t.run == run_id, t.step.is_not(None))
        return self.rows(query)[0][0] or 0

    def current_setting(self, run_id: str, kind: Literal["lr", "speed"]) -> float | None:
        """The learning rate, or the speed, that the worker was last given while it ran; None: the
        spec's, or as fast as it can."""
        t = schema.commands.c
        query = select(t.value).where(t.run == run_id, t.kind == kind, t.step.is_not(None))
        rows = self.rows(query.order_by(t.id.desc()).limit(1))
        return rows[0].value if rows else None

    def commands(self, run_id: str) -> list[Command]:
        """Commands that the worker has not yet obeyed, in order."""
        inbox = self.poll([run_id]).get(run_id)
        return inbox.commands if inbox else []

    def poll(self, run_ids: Collection[str]) -> dict[str, Inbox]:
        """What is new for the workers of these runs, in one query: it runs often. Without those
        that do not exist."""
        with self.engine.connect() as connection:
            rows = connection.execute(_POLL, {"ids": list(run_ids)}).all()
        found: dict[str, Inbox] = {}
        for row in rows:
            inbox = found.setdefault(row.run, Inbox(row.watched_until, row.watched_for, []))
            if row.id is not None:
                inbox.commands.append(Command(row.id, row.kind, row.value))
        return found


# Built once: building the query takes as long as executing it.
_POLL = (
    select(
        schema.runs.c.id.label("run"),
        schema.runs.c.watched_until,
        (schema.runs.c.watched_until - clock.now()).label("watched_for"),
        schema.commands.c.id,
        schema.commands.c.kind,
        schema.commands.c.value,
    )
    .outerjoin_from(
        schema.runs,
        schema.commands,
        and_(schema.commands.c.run == schema.runs.c.id, schema.commands.c.step.is_(None)),
    )
    .where(schema.runs.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(schema.commands.c.id)
)


def _newest_step_in(table: Table) -> Any:
    """The step of a run's latest snapshot in ``table`` up to the run's step, as a part of a query
    for the run."""
    t = table.c
    query = select(func.max(t.step)).where(t.run == schema.runs.c.id, t.step <= schema.runs.c.step)
    return query.correlate(schema.runs).scalar_subquery()


_PRESENT = select(
    *COLUMNS,
    _newest_step_in(schema.live).label("live"),
    _newest_step_in(schema.snapshots).label("kept"),
).where(schema.runs.c.id.in_(bindparam("ids", expanding=True)))


def insert_run(
    connection: Connection,
    spec: RunSpec,
    name: str = "",
    lease: str | None = None,
    owner: str = "",
    run_id: str | None = None,
    after: float = 0.0,
) -> str:
    """Record a new run within a transaction of the caller → its id. As RunStore.create, whose
    exceptions it raises; after: how many seconds later than now it is queued."""
    _check_name(name)
    run_id = run_id or secrets.token_hex(RUN_ID_BYTES)
    connection.execute(
        insert(schema.runs).values(
            id=run_id,
            name=name or run_id,
            owner=owner,
            spec=spec.to_json(),
            created=clock.now() + after,
            state=State.QUEUED,
            **queue.holding(lease) | {"heartbeat": clock.now() + after},
        )
    )
    return run_id


def _extra_data(spec: str) -> str:
    """The file of extra data that a spec names, also one of a later version."""
    try:
        return str(translated(read_fields(spec)).get("extra_data", ""))
    except UserError:
        return ""


def _check_name(name: str) -> None:
    if "@" in name:
        raise UserError(
            f"The name of a run cannot contain @, which separates a run from a step; got {name!r}."
        )
    if any(category(letter) in NOT_IN_NAMES for letter in name):
        raise UserError(f"The name of a run must be one line of text; got {name!r}.")


def select_snapshots(table: Any, run_id: str) -> Any:
    """A query for a run's rows of ``table``, kept or live snapshots, for ``as_snapshot``."""
    t, run = table.c, schema.runs.c
    recorded = t.run, t.step, t.samples_seen, t.loss, t.parameters, t.checksum
    columns = *recorded, run.parameter_layout, run.spec
    return select(*columns).where(t.run == run_id, run.id == t.run)


def as_snapshot(row: Any) -> Snapshot:
    """Raises DamagedError, a UserError, for a snapshot that is not what was written, and UserError
    for one of a run that cannot be read."""
    what = f"The snapshot of run {row.run} at step {row.step:,}"
    checksum.verify(row.parameters, row.checksum, what)
    spec, _ = stored_spec(row.spec)
    sizes, length = spec.sizes, 2 * parameter_count(spec.sizes)
    if len(row.parameters) != length:
        raise checksum.DamagedError(
            f"{what} is damaged: it has {len(row.parameters):,} bytes; the network of its run has "
            f"{length:,}."
        )
    parameters = np.frombuffer(row.parameters, "<f2")
    if row.parameter_layout != LAYOUT:
        parameters = from_layout(parameters, sizes, row.parameter_layout)
    return Snapshot(row.step, row.samples_seen, row.loss, parameters)


def _may_be_id(text: str) -> bool:
    """A database raises an error for others, such as half a character of two, or a zero byte."""
    return text.isascii() and text.isprintable()


def _reason(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
