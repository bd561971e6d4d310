"""RunStore: the database between who trains and who looks.

The store is the only channel: a worker writes through nn.runs.recorder, everybody else reads here
and sends commands. SQLite in ``$DIGITSCOPE_HOME`` unless ``$DIGITSCOPE_STORE`` is another URL.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from nn.errors import UserError
from nn.home import home
from nn.runs import tables
from nn.runs.spec import RunSpec

LEASE_SECONDS = 4.0  # a worker that has not written for so long has vanished
START_SECONDS = 20.0  # a queued run that no worker has claimed for so long never will be
PREPARE_SECONDS = 120.0  # a worker that claimed a run may prepare its pictures for so long


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its worker vanished; never stored, always concluded

    @property
    def active(self) -> bool:
        """A worker is on it, or on its way."""
        return self in (State.QUEUED, State.RUNNING, State.PAUSED)


@dataclass(frozen=True)
class Run:
    id: str
    name: str
    spec: RunSpec
    created: float  # seconds since 1970
    heartbeat: float  # likewise: when its worker, or who queued it, last wrote
    state: State
    sentence: str  # why it is in that state, where that needs saying
    steps: int  # in the whole run; 0 before it was first started
    step: int
    samples: int
    seconds: float  # of training alone
    epoch: int  # complete ones
    test_accuracy: float | None  # 0–1, after the last complete epoch


class Point(NamedTuple):
    step: int
    samples: int
    loss: float  # of this step's batch
    smooth_loss: float  # running mean of the batches' losses


class Frame(NamedTuple):
    """The network at one moment, for looking."""

    step: int
    samples: int
    loss: float | None  # training loss just before; None for the untrained network
    parameters: NDArray[np.float16]  # flat, as nn.network.Network.parameters


class Command(NamedTuple):
    id: int
    kind: Literal["pause", "resume", "stop"]


class RunStore:
    """Safe to share between threads and processes."""

    def __init__(self, url: str | None = None) -> None:
        """Opens, and when empty creates, the store. Raises UserError when it cannot be used."""
        try:
            url = url or os.environ.get("DIGITSCOPE_STORE")
            self.url = url or f"sqlite:///{home() / 'store.sqlite3'}"
            self._engine = create_engine(self.url)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _tune_sqlite)
            self._open_schema()
        except UserError:
            raise
        except (SQLAlchemyError, ImportError, OSError, ValueError) as error:
            raise UserError(
                f"The store cannot be opened: {_reason(error)}. Check DIGITSCOPE_STORE and "
                "DIGITSCOPE_HOME."
            ) from None

    def _open_schema(self) -> None:
        newest = select(tables.about.c.schema_version)
        if not inspect(self._engine).has_table("about"):
            with self._engine.begin() as connection:
                if self._engine.dialect.name == "sqlite":  # one creator at a time, the rest wait
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                tables.metadata.create_all(connection)
                if connection.scalar(newest) is None:
                    version = tables.SCHEMA_VERSION
                    connection.execute(insert(tables.about).values(schema_version=version))
        with self._engine.connect() as connection:
            version = connection.scalar(newest) or tables.SCHEMA_VERSION
        if version > tables.SCHEMA_VERSION:
            raise UserError(
                f"The store was written by a newer Digitscope (schema {version}; this one knows "
                f"{tables.SCHEMA_VERSION}). Update Digitscope, or set DIGITSCOPE_HOME elsewhere."
            )

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is written, or nothing."""
        with self._engine.begin() as connection:
            yield connection

    def rows(self, statement: Any) -> Sequence[Any]:
        """Everything a query finds, in a transaction of its own."""
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    # Runs

    def create(self, spec: RunSpec, name: str = "") -> Run:
        """Record a new run, queued. Raises UserError for a name that ``RUN@STEP`` would misread."""
        if "@" in name:
            raise UserError(f"A run's name has no @ in it, which names a step; got {name!r}.")
        run_id = secrets.token_hex(4)
        now = time.time()
        with self.writing() as connection:
            connection.execute(
                insert(tables.runs).values(
                    id=run_id,
                    name=name or run_id,
                    spec=spec.to_json(),
                    created=now,
                    heartbeat=now,
                    state=State.QUEUED,
                )
            )
        return self.run(run_id)

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        table = tables.runs
        return [_run(row) for row in self.rows(select(table).order_by(table.c.created.desc()))]

    def run(self, run_id: str) -> Run:
        """Raises UserError when there is none of this id."""
        rows = self.rows(select(tables.runs).where(tables.runs.c.id == run_id))
        if not rows:
            raise UserError(f"There is no run {run_id!r}. `python -m nn runs` lists them.")
        return _run(rows[0])

    def find(self, text: str) -> Run:
        """The run with this id, name or unique beginning of an id. Raises UserError."""
        runs = self.runs()
        for matches in (
            [run for run in runs if text in (run.id, run.name)],
            [run for run in runs if text and run.id.startswith(text)],
        ):
            if len(matches) == 1:
                return matches[0]
            if matches:
                ids = ", ".join(run.id for run in matches)
                raise UserError(f"{text!r} fits {len(matches)} runs: {ids}. Say which by its id.")
        raise UserError(f"There is no run {text!r}. `python -m nn runs` lists them.")

    def requeue(self, run_id: str) -> Run:
        """Make a run that was stopped or interrupted ready to go on from its checkpoint.

        Raises UserError for a run that has a worker, or nothing left to do.
        """
        run = self.run(run_id)
        if run.state.active or run.state is State.FINISHED:
            raise UserError(f"Run {run.name} is {run.state}: there is nothing to resume.")
        with self.writing() as connection:
            connection.execute(
                update(tables.runs)
                .where(tables.runs.c.id == run_id)
                .values(state=State.QUEUED, sentence="", lease=None, heartbeat=time.time())
            )
            # What was asked of the worker that is gone is not asked of the next.
            connection.execute(
                delete(tables.commands).where(
                    tables.commands.c.run == run_id, tables.commands.c.step.is_(None)
                )
            )
        return self.run(run_id)

    def delete(self, run_id: str) -> None:
        """Forget a run and all that was recorded of it; its worker, if any, stops."""
        with self.writing() as connection:
            connection.execute(delete(tables.runs).where(tables.runs.c.id == run_id))

    # What was recorded

    def points(self, run_id: str, after: int = -1) -> list[Point]:
        """The loss curve's points with a step above ``after``, in order."""
        t = tables.points.c
        query = select(t.step, t.samples, t.loss, t.smooth_loss)
        query = query.where(t.run == run_id, t.step > after)
        return [Point(*row) for row in self.rows(query.order_by(t.step))]

    def epochs(self, run_id: str, after: int = 0) -> list[dict[str, Any]]:
        """The complete epochs above number ``after``, in order, by column name."""
        t = tables.epochs
        query = select(t).where(t.c.run == run_id, t.c.epoch > after).order_by(t.c.epoch)
        return [
            {key: value for key, value in row._mapping.items() if key != "run"}
            for row in self.rows(query)
        ]

    def frame_steps(self, run_id: str) -> list[int]:
        """The steps of the kept frames, in order."""
        t = tables.frames.c
        query = select(t.step).where(t.run == run_id).order_by(t.step)
        return [row.step for row in self.rows(query)]

    def frame(self, run_id: str, step: int) -> Frame:
        """The kept frame at ``step``. Raises UserError when there is none."""
        rows = self.rows(_frames(tables.frames, run_id).where(tables.frames.c.step == step))
        if not rows:
            raise UserError(f"Run {run_id} has no frame at step {step:,}.")
        return _frame(rows[0])

    def newest_frame(self, run_id: str, shown: int = -1) -> Frame | None:
        """The latest frame, live or kept, up to where the run is; None if that is ``shown``.

        A run that goes on from its checkpoint has kept frames ahead of itself.
        """
        here = select(tables.runs.c.step).where(tables.runs.c.id == run_id).scalar_subquery()
        steps = [
            self.rows(select(func.max(t.c.step)).where(t.c.run == run_id, t.c.step <= here))[0][0]
            for t in (tables.live, tables.frames)
        ]
        live, kept = (-1 if step is None else step for step in steps)
        if max(live, kept) in (-1, shown):
            return None
        if kept > live:
            return self.frame(run_id, kept)
        rows = self.rows(_frames(tables.live, run_id))
        return _frame(rows[0]) if rows else None  # it may be gone by now

    def checkpoint(self, run_id: str) -> bytes | None:
        t = tables.checkpoints.c
        rows = self.rows(select(t.data).where(t.run == run_id))
        return rows[0].data if rows else None

    # From those who look to the worker

    def watch(self, run_id: str, seconds: float) -> None:
        """Say that somebody is looking for the next ``seconds``: live frames are wanted."""
        with self.writing() as connection:
            connection.execute(
                update(tables.runs)
                .where(tables.runs.c.id == run_id)
                .values(watched_until=time.time() + seconds)
            )

    def command(self, run_id: str, kind: Literal["pause", "resume", "stop"]) -> None:
        """Ask the run's worker; it obeys within a tenth of a second."""
        with self.writing() as connection:
            connection.execute(
                insert(tables.commands).values(run=run_id, kind=kind, created=time.time())
            )

    def commands(self, run_id: str) -> list[Command]:
        """What the worker has been asked and has not yet done, in order."""
        t = tables.commands.c
        query = select(t.id, t.kind).where(t.run == run_id, t.step.is_(None))
        return [Command(*row) for row in self.rows(query.order_by(t.id))]


def _frames(table: Any, run_id: str) -> Any:
    t = table.c
    return select(t.step, t.samples, t.loss, t.parameters).where(t.run == run_id)


def _frame(row: Any) -> Frame:
    return Frame(row.step, row.samples, row.loss, np.frombuffer(row.parameters, "<f2"))


def _run(row: Any) -> Run:
    state, sentence = State(row.state), row.sentence
    silent = time.time() - row.heartbeat
    if state is State.QUEUED and silent > (PREPARE_SECONDS if row.lease else START_SECONDS):
        state, sentence = State.INTERRUPTED, "No worker has started it. Resume it to try again."
    elif state in (State.RUNNING, State.PAUSED) and silent > LEASE_SECONDS:
        state = State.INTERRUPTED
        sentence = "Its worker vanished. Resume it to go on from the last checkpoint."
    return Run(
        id=row.id,
        name=row.name,
        spec=RunSpec.from_json(row.spec),
        created=row.created,
        heartbeat=row.heartbeat,
        state=state,
        sentence=sentence,
        steps=row.steps,
        step=row.step,
        samples=row.samples,
        seconds=row.seconds,
        epoch=row.epoch,
        test_accuracy=row.test_accuracy,
    )


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA foreign_keys=ON")
    # WAL: readers never wait for the writer. NORMAL: a power cut may cost the last moments, never
    # the file. Who finds the file locked here meets another process that is just setting the same.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _reason(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
