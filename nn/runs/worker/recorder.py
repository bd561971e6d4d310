"""Recorder: a worker's hold on its run. Everything the worker writes goes through here.

The lease is checked in every write: a worker whose run was given to another one writes nothing.
A database that somebody else has locked delays what is recorded while training goes on; when it is
locked for too long, or cannot be written at all, the worker hears of it by an exception.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Update, bindparam, delete, insert, select, update
from sqlalchemy.exc import OperationalError

from nn.layers import Array
from nn.network import parameter_count
from nn.runs.store import database, lock_retry, queue, schema
from nn.runs.store.lock_retry import LOCK_WAIT, Locked, retry_while_locked
from nn.runs.store.store import Command, Point, RunStore, State
from nn.runs.worker import snapshot_schedule
from nn.training import Epoch, Step

LIVE_INTERVAL = 1 / 30  # seconds
LIVE_SHARE = 0.05  # of the training time may go into live frames
QUIET_INTERVAL = 1.0  # seconds between writes while nobody watches
COMMAND_INTERVAL = 0.04  # seconds: a query costs as much as a step
HEARTBEAT_INTERVAL = 1.0  # seconds
BEGINNING = Step(0, 0, float("nan"), float("nan"))


class LeaseLost(Exception):
    """The run was deleted or given to another worker."""


class Recorder:
    """Made by claiming a run; then ``start``, ``record`` each event, ``end``.

    What is recorded raises LeaseLost, Locked or Unwritable.
    """

    def __init__(self, store: RunStore, run_id: str, lease: str | None = None) -> None:
        """Claim a queued run, or be the worker to whom it was given with ``lease``.

        Raises LeaseLost when it does not wait, or another worker has it.
        """
        self.store, self.run_id = store, run_id
        if lease is None:
            with store.exclusive() as connection:
                lease = queue.take(connection, run_id)
        if lease is None:
            raise LeaseLost
        self._lease = lease
        run = store.run(run_id)
        self._latest = BEGINNING._replace(step=run.step, samples_seen=run.samples_seen)
        self._seconds, self._idle = run.seconds, 0.0
        self._watched_until = 0.0
        self._next_write = self._next_look = self._live_spent = 0.0
        # What has been noted and not yet written.
        self._points: list[Point] = []
        self._frames: list[tuple[Step, NDArray[np.float16]]] = []
        self._epochs: list[Epoch] = []
        self._checkpoint: tuple[int, bytes] | None = None  # its step
        self._due = 0.0  # when epochs or checkpoint were first tried to be written

    @contextmanager
    def _writing(self, **values: object) -> Iterator[Connection]:
        """A transaction, if the lease still holds: sets ``values`` in the run's row and writes
        all that has been noted, so that whatever is recorded stands on a complete past."""
        latest = self._latest
        now: dict[str, object] = {
            "step": latest.step,
            "samples_seen": latest.samples_seen,
            "seconds": self._seconds,
        }
        for epoch in self._epochs:
            now["epoch"] = epoch.epoch
            now["test_accuracy"] = epoch.test.accuracy if epoch.test else None
        with self.store.writing(LOCK_WAIT) as connection:
            self._hold(connection, **now, **values)
            for table, rows in (
                (schema.points, [{"run": self.run_id, **p._asdict()} for p in self._points]),
                (schema.snapshots, [self._frame_row(*frame) for frame in self._frames]),
                (schema.epochs, [self._epoch_row(epoch) for epoch in self._epochs]),
            ):
                if rows:  # all in one statement: a statement each costs ten times as much
                    connection.execute(insert(table), rows)
            if self._checkpoint:
                self._replace_checkpoint(connection, *self._checkpoint)
            yield connection
        self._points.clear()
        self._frames.clear()
        self._epochs.clear()
        self._checkpoint = None

    def _hold(self, connection: Connection, **values: object) -> None:
        """Set ``values`` in the run's row, and when it was written, if the lease still holds."""
        values["heartbeat"] = time.time()
        whose = {"held_run": self.run_id, "held_lease": self._lease}
        held = connection.execute(_set_in_run(tuple(values)), whose | values)
        if not held.rowcount:
            raise LeaseLost

    @retry_while_locked
    def start(
        self,
        sizes: tuple[int, ...],
        steps: int,
        threads: int,
        at: Step = BEGINNING,
        sentence: str = "",
    ) -> int:
        """The run begins, or goes on: → the thread count it keeps from its first start.

        sizes: the network's; steps: in the whole run; at: where it goes on; sentence: what is to
        be said of it meanwhile.
        """
        self._latest = at
        self._keep = snapshot_schedule.snapshot_steps(steps, parameter_count(sizes))
        self._mark = snapshot_schedule.curve_steps(steps)
        # Resuming from a checkpoint repeats some steps: what they recorded is there already.
        self._kept_to = max(self.store.snapshot_steps(self.run_id), default=-1)
        self._marked_to = max((p.step for p in self.store.points(self.run_id)), default=0)
        runs = schema.runs.c
        [row] = self.store.rows(select(runs.threads).where(runs.id == self.run_id))
        threads = row.threads or threads
        with self._writing(
            total_steps=steps, threads=threads, state=State.RUNNING, message=sentence
        ) as connection:
            connection.execute(delete(schema.live).where(schema.live.c.run == self.run_id))
        return threads

    # What happened

    def untrained(self, parameters: Array) -> None:
        """Keep the network as it is before the first step."""
        if self._kept_to < 0:
            self._frames.append((self._latest, snapshot_schedule.to_float16(parameters)))
            self._try_to_write()

    def record(self, step: Step, parameters: Array, seconds: float, idle: float = 0.0) -> None:
        """Take note of one batch; write when it is time to.

        seconds: of training so far; idle: waited for, so that people can follow.
        """
        self._latest, self._seconds, self._idle = step, seconds, idle
        if step.step in self._mark and step.step > self._marked_to:
            self._points.append(Point(*step))
        if step.step in self._keep and step.step > self._kept_to:
            self._frames.append((step, snapshot_schedule.to_float16(parameters)))
        if time.perf_counter() >= self._next_write:
            self.write(parameters)

    def write(self, parameters: Array) -> None:
        """Write what has been noted, and a live frame if somebody watches and time allows."""
        began = time.perf_counter()
        if self._try_to_write(parameters if self.watched else None):
            self._next_write = began + (LIVE_INTERVAL if self.watched else QUIET_INTERVAL)
        else:
            self._next_write = time.perf_counter() + QUIET_INTERVAL

    def _try_to_write(self, live: Array | None = None) -> bool:
        """Write what has been noted, and ``live`` as a frame if time allows → whether it could.

        A locked database only delays this: what was noted is kept for the next time.
        """
        try:
            with self._writing() as connection:
                allowed = LIVE_SHARE * (self._seconds + self._idle) + LIVE_INTERVAL
                if live is not None and self._live_spent <= allowed:
                    before = time.thread_time()
                    self._overwrite_live(connection, snapshot_schedule.to_float16(live))
                    # The processor's time: waiting for a busy machine costs training nothing.
                    self._live_spent += time.thread_time() - before
        except OperationalError as error:
            lock_retry.raise_unless_locked(error)
            if self._checkpoint and time.monotonic() > self._due + lock_retry.LOCK_RETRY_SECONDS:
                raise Locked from None
            return False
        return True

    def epoch(self, epoch: Epoch, checkpoint: bytes) -> None:
        """Record a complete epoch together with the checkpoint that goes on after it."""
        self._epochs.append(epoch)
        self.checkpoint(checkpoint)

    def checkpoint(self, data: bytes) -> None:
        if not self._checkpoint:
            self._due = time.monotonic()
        self._checkpoint = self._latest.step, data
        self._try_to_write()

    @retry_while_locked
    def state(self, state: State) -> None:
        with self._writing(state=state):
            pass

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Say all the while that the worker is there, also during a long step or evaluation."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(HEARTBEAT_INTERVAL):
                try:
                    self.write_heartbeat()
                    database.checkpoint_wal(self.store.engine)  # training never waits
                except LeaseLost:  # the worker itself learns of it when it next writes
                    return
                except OperationalError:  # busy: the next beat will do
                    pass

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def write_heartbeat(self) -> None:
        """Say once that the worker is there; writes nothing that was noted."""
        with self.store.writing(HEARTBEAT_INTERVAL) as connection:
            self._hold(connection)

    @retry_while_locked
    def release(self) -> bool:
        """The worker lets go of a paused run, unless something has just been asked of it."""
        with self.store.exclusive() as connection:
            self._hold(connection)
            t = schema.commands.c
            asked = select(t.id).where(t.run == self.run_id, t.step.is_(None))
            if connection.execute(asked).first():
                return False
            self._hold(connection, lease=None)
        return True

    @retry_while_locked
    def end(self, state: State, sentence: str = "", last: Array | None = None) -> None:
        """The worker lets go of the run. ``last``: the parameters to keep as its last frame.

        Of a diverged run the frame of its last step is no network worth looking at.
        """
        recorded = set(self.store.snapshot_steps(self.run_id))
        recorded.update(step.step for step, _ in self._frames)
        frames, here = schema.snapshots.c, self._latest.step
        unwanted: set[int] = set()
        if state is State.DIVERGED:
            unwanted = {here} - {0}
        elif last is not None:
            unwanted = recorded - self._keep - {here}  # where it was stopped before
            if here not in recorded:
                self._frames.append((self._latest, snapshot_schedule.to_float16(last)))
        with self._writing(state=state, message=sentence, lease=None) as connection:
            connection.execute(
                delete(schema.snapshots).where(frames.run == self.run_id, frames.step.in_(unwanted))
            )
            connection.execute(delete(schema.live).where(schema.live.c.run == self.run_id))

    # What is asked

    @property
    def watched(self) -> bool:
        """Somebody looks at the run, as of the last ``commands``."""
        return time.time() < self._watched_until

    def commands(self) -> list[Command]:
        """New commands, looked for at most 25 times a second."""
        now = time.perf_counter()
        if now < self._next_look:
            return []
        self._next_look = now + COMMAND_INTERVAL
        try:
            looked = self.store.poll(self.run_id)
        except OperationalError:
            return []
        if not looked:
            raise LeaseLost
        was_watched = self.watched
        self._watched_until, found = looked
        if self.watched and not was_watched:
            self._next_write = now
        return found

    @retry_while_locked
    def acknowledge(self, command: Command, checkpoint: bytes | None = None) -> None:
        """Say at which step a command was obeyed; ``checkpoint``: what going on takes since."""
        if checkpoint:
            self._checkpoint = self._latest.step, checkpoint
        with self._writing() as connection:
            connection.execute(
                update(schema.commands)
                .where(schema.commands.c.id == command.id)
                .values(step=self._latest.step)
            )

    # Rows

    def _overwrite_live(self, connection: Connection, parameters: NDArray[np.float16]) -> None:
        row = self._frame_row(self._latest, parameters)
        if not connection.execute(_SET_LIVE, row | {"live_run": self.run_id}).rowcount:
            connection.execute(insert(schema.live).values(row))

    def _frame_row(self, step: Step, parameters: NDArray[np.float16]) -> dict[str, object]:
        return {
            "run": self.run_id,
            "step": step.step,
            "samples_seen": step.samples_seen,
            "loss": step.smoothed_loss if np.isfinite(step.smoothed_loss) else None,
            "parameters": parameters.tobytes(),
        }

    def _epoch_row(self, epoch: Epoch) -> dict[str, object]:
        validation, test = epoch.validation, epoch.test
        return {
            "run": self.run_id,
            "epoch": epoch.epoch,
            "step": epoch.step,
            "samples_seen": epoch.samples_seen,
            "train_loss": epoch.train_loss,
            "val_loss": validation.loss if validation else None,
            "val_accuracy": validation.accuracy if validation else None,
            "test_accuracy": test.accuracy if test else None,
            "images_per_second": epoch.images_per_second,
            "seconds": epoch.seconds,
        }

    def _replace_checkpoint(self, connection: Connection, step: int, data: bytes) -> None:
        table = schema.checkpoints
        connection.execute(delete(table).where(table.c.run == self.run_id))
        connection.execute(insert(table).values(run=self.run_id, step=step, data=data))


# Made once: putting a statement together takes longer than running it, thirty times a second.


@cache
def _set_in_run(names: tuple[str, ...]) -> Update:
    """Of the run ``held_run``, if ``held_lease`` is its lease."""
    runs = schema.runs
    whose = runs.c.id == bindparam("held_run"), runs.c.lease == bindparam("held_lease")
    return update(runs).where(*whose).values({name: bindparam(name) for name in names})


_SET_LIVE = (
    update(schema.live)
    .where(schema.live.c.run == bindparam("live_run"))
    .values({column.name: bindparam(column.name) for column in schema.live.c})
)
