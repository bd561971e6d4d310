"""Buffer: what was recorded of a run and is not yet in the store."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, insert, update

from nn.runs.store import schema
from nn.runs.store.checksum import checksum
from nn.runs.store.run import AccuracyEstimate, Point
from nn.training import Epoch, Step

Float16s = NDArray[np.float16]


@dataclass
class Buffer:
    run_id: str
    points: list[Point] = field(default_factory=list)
    estimates: list[AccuracyEstimate] = field(default_factory=list)
    snapshots: list[tuple[Step, Float16s]] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    checkpoint: tuple[int, bytes] | None = None  # its step and data
    checkpoint_since: float = 0.0  # time.monotonic() since when a checkpoint waits to be written

    def set_checkpoint(self, step: int, data: bytes) -> None:
        if not self.checkpoint:
            self.checkpoint_since = time.monotonic()
        self.checkpoint = step, data

    def progress(self) -> dict[str, object]:
        """The columns of the run's row that follow from the latest complete epoch."""
        if not self.epochs:
            return {}
        latest = self.epochs[-1]
        return {
            "epoch": latest.epoch,
            "test_accuracy": latest.test.accuracy if latest.test else None,
        }

    def insert(self, connection: Connection) -> None:
        """Write everything, within a transaction of the caller."""
        for table, rows in (
            (schema.points, [{"run": self.run_id, **p._asdict()} for p in self.points]),
            (
                schema.accuracy_estimates,
                [{"run": self.run_id, **e._asdict()} for e in self.estimates],
            ),
            (schema.snapshots, [snapshot_row(self.run_id, *s) for s in self.snapshots]),
            (schema.epochs, [_epoch_row(self.run_id, epoch) for epoch in self.epochs]),
        ):
            if rows:  # one statement for all of them: one for each costs ten times as much
                connection.execute(insert(table), rows)
        if self.checkpoint:
            step, data = self.checkpoint
            table = schema.checkpoints
            connection.execute(delete(table).where(table.c.run == self.run_id))
            row = {"run": self.run_id, "step": step, "data": data, "checksum": checksum(data)}
            connection.execute(insert(table).values(row))

    def clear(self) -> None:
        """Forget what was written: call it once the transaction is committed."""
        self.points.clear()
        self.estimates.clear()
        self.snapshots.clear()
        self.epochs.clear()
        self.checkpoint = None


def replace_live(connection: Connection, row: dict[str, object]) -> None:
    """Overwrite the run's live snapshot."""
    if not connection.execute(_UPDATE_LIVE, row | {"live_run": row["run"]}).rowcount:
        connection.execute(insert(schema.live).values(row))


def snapshot_row(run_id: str, step: Step, parameters: Float16s) -> dict[str, object]:
    data = parameters.tobytes()
    return {
        "run": run_id,
        "step": step.step,
        "samples_seen": step.samples_seen,
        "loss": step.smoothed_loss if np.isfinite(step.smoothed_loss) else None,
        "parameters": data,
        "checksum": checksum(data),
    }


def _epoch_row(run_id: str, epoch: Epoch) -> dict[str, object]:
    validation, test = epoch.validation, epoch.test
    return {
        "run": run_id,
        "epoch": epoch.epoch,
        "step": epoch.step,
        "samples_seen": epoch.samples_seen,
        "train_loss": epoch.train_loss,
        "val_loss": validation.loss if validation else None,
        "val_accuracy": validation.accuracy if validation else None,
        "test_accuracy": test.accuracy if test else None,
        "images_per_second": epoch.images_per_second,
        "seconds": epoch.seconds,
        "train_accuracy": epoch.train_accuracy,
    }


# Built once: building the statement takes longer than executing it, thirty times a second.
_UPDATE_LIVE = (
    update(schema.live)
    .where(schema.live.c.run == bindparam("live_run"))
    .values({column.name: bindparam(column.name) for column in schema.live.c})
)
