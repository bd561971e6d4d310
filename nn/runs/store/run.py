"""Run: the present state of a recorded run, and the records that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import clock, queue, schema
from nn.runs.store.queue import LEASE_SECONDS, START_SECONDS, QueueStatus

CommandKind = Literal["pause", "resume", "stop", "step", "lr", "speed"]


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its worker vanished; derived from the heartbeat, never stored

    @property
    def active(self) -> bool:
        """Whether the run trains, will train, or is paused."""
        return self in (State.QUEUED, State.RUNNING, State.PAUSED)


@dataclass(frozen=True)
class Run:
    id: str
    name: str
    owner: str  # the visitor who started it; "": started on the command line
    spec: RunSpec
    created: float  # seconds since 1970
    heartbeat: float  # likewise: the last heartbeat, or when it was queued
    state: State
    message: str  # explains the state to the user, where needed
    total_steps: int  # of the whole run; 0 before its first start
    step: int
    samples_seen: int
    seconds: float  # of training alone
    epoch: int  # complete ones
    test_accuracy: float | None  # 0–1, after the last complete epoch
    pinned: bool  # its snapshots are never deleted to save space
    stream_version: int  # of its random streams, see nn.random_streams
    queue_position: int  # 1, 2, …; 0 when it is not queued
    # Of a newer version; this one cannot train the run, but shows it.
    unknown_settings: tuple[str, ...] = ()


class UnreadableRun(NamedTuple):
    """What can be said of a run whose row cannot be read: a newer version wrote it, or it is
    damaged."""

    id: str
    name: str
    owner: str  # as of Run
    reason: str


class Point(NamedTuple):
    step: int
    samples_seen: int
    loss: float  # of this step's batch
    smoothed_loss: float  # running mean of the batches' losses; of a run's divergence, the loss


class AccuracyEstimate(NamedTuple):
    """The accuracy on a few hundred images, see nn.runs.worker.accuracy_meter."""

    step: int
    samples_seen: int
    accuracy: float  # 0–1


class Snapshot(NamedTuple):
    """The network at one step, to look at."""

    step: int
    samples_seen: int
    loss: float | None  # training loss just before; None for the untrained network
    parameters: NDArray[np.float16]  # flat, as nn.network.Network.parameters


class Command(NamedTuple):
    id: int
    kind: CommandKind
    value: float | None = None  # see RunStore.command


class Inbox(NamedTuple):
    """What is new for a run's worker."""

    watched_until: float  # by the database's clock; later than before: somebody asks for a snapshot
    watched_for: float  # seconds from now; negative: nobody watches any more
    commands: list[Command]  # that it has not obeyed


# Of thousands of runs, parsing takes most of the time of listing them.
stored_spec = lru_cache(4096)(RunSpec.from_stored)
# Columns that hold numbers, or nothing. SQLite accepts any value in any column.
_NUMBERS = [c.name for c in schema.runs.c if issubclass(c.type.python_type, int | float)]


def is_queued(row: Any) -> bool:
    return row.state == State.QUEUED and row.lease is None


# Of a query whose rows ``as_run`` takes.
COLUMNS = schema.runs, clock.now().label("now"), queue.silence().label("silence")


def as_run(row: Any, status: QueueStatus | None) -> Run:
    """A row of COLUMNS as a Run. status: of the queue; needed for a queued run.

    Raises UserError for a row that cannot be read; ``unreadable_run`` describes it.
    """
    if reason := _damage(row):
        raise UserError(
            f"Run {row.name} cannot be read: {reason} If a newer Digitscope wrote it, update this "
            f"one; otherwise delete the run: `python -m nn delete {row.id}`."
        )
    spec, unknown_settings = stored_spec(row.spec)
    state, message, position = State(row.state), row.message, 0
    now = row.now
    if status and is_queued(row):
        position = status.position(row.id, now - row.heartbeat)
        if now - max(row.heartbeat, status.last_heartbeat) > START_SECONDS:
            state, position = State.INTERRUPTED, 0
            message = "No worker has started this run. Resume it, or it starts after the next run."
        elif name := queue.missing_data(row):
            message = f"Waiting for a host that has {name}."
        elif position:
            message = f"Queued: {ordinal(position)} in line."
    elif state.active and row.lease and row.silence > LEASE_SECONDS:
        state = State.INTERRUPTED
        message = "The worker of this run vanished. Resume it to continue from its last checkpoint."
    if unknown_settings:
        message = f"{message} {_of_newer_version(unknown_settings)}".strip()
    return Run(
        id=row.id,
        name=row.name,
        owner=row.owner,
        spec=spec,
        created=row.created,
        heartbeat=row.heartbeat,
        state=state,
        message=message,
        total_steps=row.total_steps,
        step=row.step,
        samples_seen=row.samples_seen,
        seconds=row.seconds,
        epoch=row.epoch,
        test_accuracy=row.test_accuracy,
        pinned=row.pinned,
        stream_version=row.stream_version,
        queue_position=position,
        unknown_settings=unknown_settings,
    )


def unreadable_run(row: Any) -> UnreadableRun | None:
    """What can be said of a row of COLUMNS that ``as_run`` does not take; None: it does."""
    reason = _damage(row)
    return UnreadableRun(row.id, row.name, row.owner, reason) if reason else None


def _damage(row: Any) -> str:
    """Why a row of COLUMNS cannot be read; "" if it can."""
    try:
        stored_spec(row.spec)
    except (UserError, TypeError, ValueError) as error:
        return str(error).rstrip(".") + "."
    if row.state not in tuple(State):
        return f"There is no state {row.state!r}."
    for name in _NUMBERS:
        value = getattr(row, name)
        if value is not None and not isinstance(value, int | float):
            return f"Its {name} is not a number: {value!r}."
    return ""


def check_settings(run: Run) -> None:
    """Raise UserError for a run whose settings this version does not know: it would train
    something else."""
    if run.unknown_settings:
        raise UserError(
            f"Run {run.name} cannot be trained by this Digitscope. "
            f"{_of_newer_version(run.unknown_settings)}"
        )


def _of_newer_version(settings: tuple[str, ...]) -> str:
    return f"It has settings of a newer Digitscope: {', '.join(settings)}. Update to train it."


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, …"""
    ending = "th" if n // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
