"""The curves of many runs at once, each with so many points as a screen can show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Table, and_, select

from nn.runs.store import schema
from nn.runs.store.run import AccuracyEstimate, Point, Run
from nn.runs.store.store import RunStore
from nn.runs.worker.snapshot_schedule import curve_steps

T = TypeVar("T")
FIGURES = (
    "epoch", "step", "samples_seen", "seconds", "train_accuracy", "val_loss", "val_accuracy",
    "test_accuracy",
)  # fmt: skip


class Curves(NamedTuple):
    points: list[Point]  # of the loss curve
    epochs: list[dict[str, Any]]  # FIGURES of complete ones
    estimates: list[AccuracyEstimate]  # see nn.runs.worker.accuracy_meter


def curves(store: RunStore, runs: Sequence[Run], max_points: int) -> dict[str, Curves]:
    """The curves of each run, by its id, with about ``max_points`` points, epochs and estimates
    at most."""
    ids = [run.id for run in runs]
    points = _points(store, runs, max_points)
    epochs = _thinned_rows(store, schema.epochs, FIGURES, ids, max_points)
    estimates = _thinned_rows(
        store, schema.accuracy_estimates, AccuracyEstimate._fields, ids, max_points
    )
    return {
        i: Curves(
            points[i],
            [dict(zip(FIGURES, row, strict=True)) for row in epochs[i]],
            [AccuracyEstimate(*row) for row in estimates[i]],
        )
        for i in ids
    }


def thinned(values: Sequence[T], count: int) -> list[T]:
    """At most about ``count`` of the values, evenly spaced, with the first and the last."""
    stride = max(1, -(-len(values) // count))
    return [*values[:-1:stride], *values[-1:]]


def _points(store: RunStore, runs: Sequence[Run], max_points: int) -> dict[str, list[Point]]:
    """Runs of as many steps have points at the same ones, so that one query finds those that are
    wanted without going through the others."""
    t = schema.points.c
    query = select(t.run, t.step, t.samples_seen, t.loss, t.smoothed_loss).order_by(t.run, t.step)
    found: dict[str, list[Point]] = defaultdict(list)
    by_length: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        by_length[run.total_steps].append(run)
    for total_steps, alike in by_length.items():
        steps = thinned(sorted(curve_steps(total_steps)), max_points)
        here = t.run.in_([run.id for run in alike])
        for row in store.rows(query.where(here, t.step.in_(steps))):
            found[row.run].append(Point(*row[1:]))
        for run in alike:
            expected = sum(step <= run.step for step in steps)
            if len(found[run.id]) < expected // 2:  # recorded at other steps, by an older version
                found[run.id] = thinned(store.points(run.id), max_points)
    # Where a run stopped or diverged before its end, its last point is at none of these steps.
    r = schema.runs.c
    last = query.where(r.id.in_([run.id for run in runs]), and_(t.run == r.id, t.step == r.step))
    for row in store.rows(last):
        if not found[row.run] or found[row.run][-1].step < row.step:
            found[row.run].append(Point(*row[1:]))
    return found


def _thinned_rows(
    store: RunStore, table: Table, names: Sequence[str], run_ids: Sequence[str], count: int
) -> dict[str, list[tuple[Any, ...]]]:
    """Run → at most about ``count`` rows of these columns, in the order of their steps."""
    t = table.c
    query = select(t.run, *(t[name] for name in names)).where(t.run.in_(run_ids))
    found: dict[str, list[tuple[Any, ...]]] = {run_id: [] for run_id in run_ids}
    for row in store.rows(query.order_by(t.run, t.step)):
        found[row.run].append(tuple(row[1:]))
    return {run_id: thinned(rows, count) for run_id, rows in found.items()}
