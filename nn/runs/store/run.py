"""Run: one recorded run as it stands, and what has been recorded of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.runs.spec import RunSpec
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
    INTERRUPTED = "interrupted"  # its worker vanished; never stored, always concluded

    @property
    def active(self) -> bool:
        """A worker is on it, or on its way, or it is held for later."""
        return self in (State.QUEUED, State.RUNNING, State.PAUSED)


@dataclass(frozen=True)
class Run:
    id: str
    name: str
    owner: str  # the visitor who started it; "": the command line
    spec: RunSpec
    created: float  # seconds since 1970
    heartbeat: float  # likewise: when its worker, or who queued it, last wrote
    state: State
    message: str  # why it is in that state, where that needs saying
    total_steps: int  # of the whole run; 0 before its first start
    step: int
    samples_seen: int
    seconds: float  # of training alone
    epoch: int  # complete ones
    test_accuracy: float | None  # 0–1, after the last complete epoch
    pinned: bool  # its frames are never thinned
    queue_position: int  # in the queue: 1, 2, …; 0 when it does not wait


class Point(NamedTuple):
    step: int
    samples_seen: int
    loss: float  # of this step's batch
    smoothed_loss: float  # running mean of the batches' losses


class Snapshot(NamedTuple):
    """The network at one moment, for looking."""

    step: int
    samples_seen: int
    loss: float | None  # training loss just before; None for the untrained network
    parameters: NDArray[np.float16]  # flat, as nn.network.Network.parameters


class Command(NamedTuple):
    id: int
    kind: CommandKind
    value: float | None = None  # see RunStore.command


def is_queued(row: Any) -> bool:
    return row.state == State.QUEUED and row.lease is None


def as_run(row: Any, status: QueueStatus | None) -> Run:
    """What a row of the table says at this moment; how the queue stands matters if it waits."""
    state, message, position = State(row.state), row.message, 0
    now = time.time()
    if status and is_queued(row):
        position = status.position(row.id, now - row.heartbeat)
        if now - max(row.heartbeat, status.heard) > START_SECONDS:
            state, position = State.INTERRUPTED, 0
            message = "No worker has started it. Resume it, or it starts after the next run."
        elif position:
            message = f"Waiting: {ordinal(position)} in the queue."
    elif state.active and row.lease and now - row.heartbeat > LEASE_SECONDS:
        state = State.INTERRUPTED
        message = "Its worker vanished. Resume it to go on from the last checkpoint."
    return Run(
        id=row.id,
        name=row.name,
        owner=row.owner,
        spec=RunSpec.from_json(row.spec),
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
        queue_position=position,
    )


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, …"""
    ending = "th" if n // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
