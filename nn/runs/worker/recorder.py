"""Recorder: everything that a worker writes about its run.

What is recorded is buffered and written at intervals, in transactions that check the lease. While
another program has the store locked, training continues and the buffer grows; when the store stays
locked for too long, or cannot be written at all, an exception tells the worker.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import OperationalError

from nn.layers import Array
from nn.network import LAYOUT, from_layout, parameter_count
from nn.runs.store import lock_retry, reserve, schema
from nn.runs.store.checksum import checksum
from nn.runs.store.lock_retry import LOCK_WAIT, Locked, retry_while_locked
from nn.runs.store.run import Inbox
from nn.runs.store.store import AccuracyEstimate, Command, Point, RunStore, State
from nn.runs.worker import snapshot_schedule
from nn.runs.worker.buffer import Buffer, replace_live, snapshot_row
from nn.runs.worker.lease import Lease, LeaseLost
from nn.training import Epoch, Step

LIVE_INTERVAL = 1 / 30  # seconds between live snapshots of all runs that a worker trains
LIVE_SHARE = 0.05  # of the training time that live snapshots may take
UNWATCHED_INTERVAL = 1.0  # seconds between writes while nobody watches
POLL_INTERVAL = 0.06  # seconds between polls for commands: a query costs as much as a step
POLL_SECONDS = 0.003  # that a poll may take: 5 % of the interval
SETTINGS = ("lr", "speed")  # commands of which only the last counts
BEGINNING = Step(0, 0, float("nan"), float("nan"))


def next_poll(began: float) -> float:
    """When to poll again after a poll that began then and has just ended, by time.perf_counter():
    after POLL_INTERVAL, or up to five times that when the database is slow, as a server that many
    workers poll. A run must stop within half a second."""
    now = time.perf_counter()
    return now + POLL_INTERVAL * min(5.0, max(1.0, (now - began) / POLL_SECONDS))


class Recorder:
    """Claim a run by making one; then ``start``, ``record`` each step, ``end``.

    Methods that write raise LeaseLost, Locked or Unwritable.
    """

    def __init__(
        self, store: RunStore, run_id: str, lease: str | None = None, members: int = 1
    ) -> None:
        """Claim a queued run, or take the one that was reserved under ``lease``.

        members: of a race, who share its time; each has live snapshots that much more seldom.
        Raises LeaseLost when the run is not queued.
        """
        self.store, self.run_id = store, run_id
        self._live_interval = LIVE_INTERVAL * members
        self.lease = Lease(store, run_id, lease)
        self._buffer = Buffer(run_id)
        r = schema.runs.c  # only these columns: a run that cannot be read must end as failed
        progress = select(r.step, r.samples_seen, r.seconds).where(r.id == run_id)
        rows = retry_while_locked(store.rows)(progress)
        if not rows:
            raise LeaseLost
        [(step, samples_seen, self._seconds)] = rows
        self._latest = BEGINNING._replace(step=step, samples_seen=samples_seen)
        self._idle = 0.0
        self._watched_until = 0.0  # by the database's clock
        self._watch_ends = 0.0  # by this process's, time.monotonic()
        self._wants_live = False  # one, although the time is over
        self._next_write = self._next_poll = self._live_seconds = 0.0

    @contextmanager
    def _writing(self, **values: object) -> Iterator[Connection]:
        """A transaction that sets ``values`` in the run's row and writes the whole buffer, so that
        nothing is recorded without everything before it. Raises LeaseLost."""
        with self.store.writing(LOCK_WAIT) as connection:
            self.lease.update(
                connection,
                step=self._latest.step,
                samples_seen=self._latest.samples_seen,
                seconds=self._seconds,
                **self._buffer.progress(),
                **values,
            )
            self._buffer.insert(connection)
            yield connection
        self._buffer.clear()

    @retry_while_locked
    def start(
        self,
        sizes: tuple[int, ...],
        steps: int,
        cores: int,
        at: Step = BEGINNING,
        message: str = "",
    ) -> int:
        """Record that the run starts or resumes → how many cores it uses, fixed at its first start.

        sizes: the network's; steps: of the whole run; cores: for a first start; at: where the
        run resumes; message: shown while the run trains.
        """
        self._latest = at
        self._snapshot_steps = snapshot_schedule.snapshot_steps(steps, parameter_count(sizes))
        self._curve_steps = snapshot_schedule.curve_steps(steps)
        # A run that resumes from its checkpoint repeats the steps after it. What those recorded
        # is already stored.
        self._last_snapshot = max(self.store.snapshot_steps(self.run_id), default=-1)
        self._last_point = max((p.step for p in self.store.points(self.run_id)), default=0)
        estimates = self.store.accuracy_estimates(self.run_id)
        self._last_estimate = estimates[-1].step if estimates else -1
        runs = schema.runs.c
        [row] = self.store.rows(
            select(runs.threads, runs.parameter_layout).where(runs.id == self.run_id)
        )
        cores = row.threads or cores
        with self._writing(
            total_steps=steps, threads=cores, state=State.RUNNING, message=message,
            parameter_layout=LAYOUT,
        ) as connection:  # fmt: skip
            connection.execute(delete(schema.live).where(schema.live.c.run == self.run_id))
            if row.parameter_layout != LAYOUT:
                _convert_snapshots(connection, self.run_id, sizes, row.parameter_layout)
        return cores

    # Recording

    def untrained(self, parameters: Array, accuracy: float | None = None) -> None:
        """Keep a snapshot of the network before its first step, and its estimated accuracy."""
        self._keep_estimate(accuracy)
        if self._last_snapshot < 0:
            self._keep_snapshot(self._latest, parameters)
            self._try_to_write()

    def record(
        self,
        step: Step,
        parameters: Array,
        seconds: float,
        idle: float = 0.0,
        accuracy: float | None = None,
    ) -> None:
        """Record one step; write the buffer when it is due.

        seconds: of training so far; idle: seconds waited so far because the run was slowed down;
        accuracy: estimated after the step, if it was.
        """
        self._latest, self._seconds, self._idle = step, seconds, idle
        self._keep_estimate(accuracy)
        if step.step in self._curve_steps and step.step > self._last_point:
            self._buffer.points.append(Point(*step))
        if step.step in self._snapshot_steps and step.step > self._last_snapshot:
            self._keep_snapshot(step, parameters)
        if time.perf_counter() >= self._next_write:
            self.write(parameters)

    def divergence(self, step: Step, limit: float) -> None:
        """Let the curves end where the loss went: at ``limit`` if it is higher, or NaN."""
        loss = step.loss if step.loss < limit else limit
        if step.step > self._last_point:
            point = Point(step.step, step.samples_seen, loss, smoothed_loss=loss)
            self._buffer.points.append(point)

    def epoch(self, epoch: Epoch, checkpoint: bytes) -> None:
        """Record a complete epoch with the checkpoint after it."""
        self._buffer.epochs.append(epoch)
        self.checkpoint(checkpoint)

    def checkpoint(self, data: bytes) -> None:
        self._buffer.set_checkpoint(self._latest.step, data)
        self._try_to_write()

    def _keep_estimate(self, accuracy: float | None) -> None:
        if accuracy is not None and self._latest.step > self._last_estimate:
            at = self._latest
            self._buffer.estimates.append(AccuracyEstimate(at.step, at.samples_seen, accuracy))

    def _keep_snapshot(self, step: Step, parameters: Array) -> None:
        self._buffer.snapshots.append((step, snapshot_schedule.to_float16(parameters)))

    # Writing

    def write(self, parameters: Array) -> None:
        """Write the buffer, and a live snapshot while somebody watches."""
        began = time.perf_counter()
        is_wanted, self._wants_live = self.watched or self._wants_live, False
        if self._try_to_write(parameters if is_wanted else None):
            self._next_write = began + (self._live_interval if self.watched else UNWATCHED_INTERVAL)
        else:
            self._next_write = time.perf_counter() + UNWATCHED_INTERVAL

    def _try_to_write(self, live: Array | None = None) -> bool:
        """Write the buffer, and ``live`` within its share of the time → whether it was possible.

        While the store is locked, the buffer keeps everything for the next attempt.
        """
        try:
            with self._writing() as connection:
                allowed = LIVE_SHARE * (self._seconds + self._idle) + LIVE_INTERVAL
                if live is not None and self._live_seconds <= allowed:
                    before = time.thread_time()
                    parameters = snapshot_schedule.to_float16(live)
                    replace_live(connection, snapshot_row(self.run_id, self._latest, parameters))
                    # CPU time: waiting for a busy machine costs training nothing.
                    self._live_seconds += time.thread_time() - before
        except OperationalError as error:
            lock_retry.raise_unless_locked(error)
            locked_until = self._buffer.checkpoint_since + lock_retry.LOCK_RETRY_SECONDS
            if self._buffer.checkpoint and time.monotonic() > locked_until:
                raise Locked(error) from None
            return False
        return True

    @retry_while_locked
    def state(self, state: State) -> None:
        with self._writing(state=state):
            pass

    def heartbeat(self) -> AbstractContextManager[None]:
        """See Lease.heartbeat."""
        return self.lease.heartbeat()

    @retry_while_locked
    def release(self) -> bool:
        """Give up the lease of a paused run, and with it that of all members of its race, so that
        whoever resumes one resumes all → False when a command has just come in, or when not all of
        them are paused yet."""
        return self.lease.release()

    @retry_while_locked
    def end(self, state: State, message: str = "", last: Array | None = None) -> None:
        """Record how the run ended and give up the lease.

        last: the parameters to keep as its last snapshot. A diverged run's last snapshot is
        deleted: its network is broken.
        """
        recorded = set(self.store.snapshot_steps(self.run_id))
        recorded.update(step.step for step, _ in self._buffer.snapshots)
        here, unwanted = self._latest.step, set[int]()
        if state is State.DIVERGED:
            unwanted = {here} - {0}
        elif last is not None:
            unwanted = recorded - self._snapshot_steps - {here}  # where it was stopped before
            if here not in recorded:
                self._keep_snapshot(self._latest, last)
        with self._writing(state=state, message=message, lease=None) as connection:
            t = schema.snapshots
            connection.execute(delete(t).where(t.c.run == self.run_id, t.c.step.in_(unwanted)))
            connection.execute(delete(schema.live).where(schema.live.c.run == self.run_id))

    def stop_on_full_disk(self, message: str) -> None:
        """Record that the run was stopped, and why, and give up the lease, as far as a part of the
        reserve has room for that. What is in the buffer is lost. Raises LeaseLost."""
        for is_last in (False, True):
            try:
                with self.store.writing() as connection:
                    self.lease.update(connection, state=State.STOPPED, message=message, lease=None)
                return
            except OperationalError as error:
                url = self.store.engine.url
                if is_last or not reserve.give_up(url, error, reserve.PART):
                    return

    # Commands

    @property
    def watched(self) -> bool:
        """Whether somebody watches the run, as of the last poll."""
        return time.monotonic() < self._watch_ends

    def commands(self) -> list[Command]:
        """New commands, polled now and then. Raises LeaseLost for a deleted run."""
        began = time.perf_counter()
        if began < self._next_poll:
            return []
        try:
            found = self.store.poll([self.run_id])
        except OperationalError:  # a server out of reach takes long to fail
            self._next_poll = time.perf_counter() + UNWATCHED_INTERVAL
            return []
        self._next_poll = next_poll(began)
        if self.run_id not in found:
            raise LeaseLost
        return self.take(found[self.run_id])

    def take(self, inbox: Inbox) -> list[Command]:
        """Note until when the run is watched → the new commands; of several that set the same, the
        last, as no step is taken between them."""
        if inbox.watched_until > self._watched_until and not self.watched:
            self._next_write, self._wants_live = time.perf_counter(), True
        self._watched_until = inbox.watched_until
        self._watch_ends = time.monotonic() + inbox.watched_for
        last = {command.kind: command.id for command in inbox.commands if command.kind in SETTINGS}
        return [each for each in inbox.commands if each.id == last.get(each.kind, each.id)]

    @retry_while_locked
    def acknowledge(self, command: Command, checkpoint: bytes | None = None) -> None:
        """Record at which step a command was obeyed, and those that it replaced, see ``take``, with
        the ``checkpoint`` it made necessary."""
        if checkpoint:
            self._buffer.set_checkpoint(self._latest.step, checkpoint)
        with self._writing() as connection:
            t = schema.commands.c
            obeyed = t.run == self.run_id, t.kind == command.kind, t.id <= command.id
            connection.execute(
                update(schema.commands)
                .where(*obeyed, t.step.is_(None))
                .values(step=self._latest.step)
            )


def _convert_snapshots(
    connection: Connection, run_id: str, sizes: tuple[int, ...], layout: str
) -> None:
    """Bring the snapshots of a run begun by 0.1 into today's layout, before it adds its own."""
    t = schema.snapshots
    steps = connection.execute(select(t.c.step).where(t.c.run == run_id)).scalars().all()
    for step in steps:  # one at a time: a large network's would fill the memory
        here = (t.c.run == run_id) & (t.c.step == step)
        stored = connection.execute(select(t.c.parameters).where(here)).scalar_one()
        data = from_layout(np.frombuffer(stored, "<f2"), sizes, layout).tobytes()
        values = {"parameters": data, "checksum": checksum(data)}
        connection.execute(update(t).where(here).values(values))
