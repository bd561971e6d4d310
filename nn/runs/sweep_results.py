"""Results over seeds: the median and spread of each configuration, and the effect of fields.

The accuracy of a run is that of its last complete epoch, also when it has not finished: leave out
the runs that shall not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median_low, quantiles
from typing import Any, NamedTuple

from nn.runs.differences import by_configuration
from nn.runs.store.run import Run

MIN_FOR_QUARTILES = 4


class Spread(NamedTuple):
    values: int  # how many there are
    median: float  # the lower one of two
    lowest: float
    highest: float
    quartiles: tuple[float, float] | None  # the first and the third; None below 4 values


class Result(NamedTuple):
    """The runs of one configuration."""

    runs: list[Run]
    accuracy: Spread | None  # on the test set, 0–1; None: of no run
    best_epoch: int | None  # the median over the runs
    seconds: float  # of training, likewise


class HeatMap(NamedTuple):
    columns: list[Any]  # values of one field, in order
    rows: list[Any]  # of another
    medians: list[list[float | None]]  # [row][column]: test accuracy, 0–1; None without a run


def spread(values: Iterable[float]) -> Spread | None:
    """None without any value."""
    ordered = sorted(values)
    if not ordered:
        return None
    quartiles = None
    if len(ordered) >= MIN_FOR_QUARTILES:
        first, _, third = quantiles(ordered, n=4, method="inclusive")
        quartiles = first, third
    return Spread(len(ordered), median_low(ordered), ordered[0], ordered[-1], quartiles)


def results(runs: Iterable[Run], last_epochs: Mapping[str, Mapping[str, Any]]) -> list[Result]:
    """A result for each configuration, the highest median accuracy first.

    last_epochs: as RunStore.last_epochs returns them.
    """
    found = []
    for seeds in by_configuration(runs):
        epochs = [last_epochs.get(run.id, {}).get("best_epoch") for run in seeds]
        known = [epoch for epoch in epochs if epoch is not None]
        best_epoch = median_low(known) if known else None
        seconds = median_low([run.seconds for run in seeds])
        found.append(Result(seeds, _accuracy(seeds), best_epoch, seconds))
    return sorted(found, key=lambda result: -result.accuracy.median if result.accuracy else 1.0)


def effect(runs: Sequence[Run], field: str) -> dict[Any, Spread | None]:
    """Each value of a field of RunSpec, in order → the test accuracy of all runs that have it."""
    return {
        value: _accuracy(run for run in runs if getattr(run.spec, field) == value)
        for value in _values(runs, field)
    }


def heat_map(runs: Sequence[Run], column_field: str, row_field: str) -> HeatMap:
    """The median test accuracy for each combination of the values of two fields of RunSpec."""
    columns, rows = _values(runs, column_field), _values(runs, row_field)
    cells: dict[tuple[Any, Any], list[Run]] = {}
    for run in runs:
        key = getattr(run.spec, column_field), getattr(run.spec, row_field)
        cells.setdefault(key, []).append(run)
    medians = []
    for row in rows:
        found = [_accuracy(cells.get((column, row), ())) for column in columns]
        medians.append([cell and cell.median for cell in found])
    return HeatMap(columns, rows, medians)


def _values(runs: Iterable[Run], field: str) -> list[Any]:
    return sorted({getattr(run.spec, field) for run in runs})


def _accuracy(runs: Iterable[Run]) -> Spread | None:
    return spread(run.test_accuracy for run in runs if run.test_accuracy is not None)
