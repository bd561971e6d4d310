"""Results as ``sweep``, ``sweeps`` and ``compare`` print them: a line for each configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nn.runs.run_names import configuration_name

if TYPE_CHECKING:  # it takes long to import, and --help does without
    from nn.runs.store.store import Run, RunStore
    from nn.runs.sweep_results import Result, Spread


def results(store: RunStore, runs: Sequence[Run]) -> list[Result]:
    """Of each configuration, the best first."""
    from nn.runs import sweep_results

    return sweep_results.results(runs, store.last_epochs([run.id for run in runs]))


def result_lines(found: Sequence[Result], fields: Sequence[str]) -> Iterator[str]:
    """A line for each configuration."""
    from nn.network import parameter_count

    rows = [
        (
            configuration_name(result.runs[0].spec, fields),
            _spread(result.accuracy),
            "" if result.best_epoch is None else f"best epoch {result.best_epoch}",
            f"{result.seconds:.1f} s",
            f"{parameter_count(result.runs[0].spec.sizes):,} parameters",
        )
        for result in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).strip()


def result_fields(result: Result, fields: Sequence[str]) -> dict[str, Any]:
    """A configuration as a line of JSON has it."""
    from nn.network import parameter_count

    accuracy, spec = result.accuracy, result.runs[0].spec
    return {
        "runs": [run.id for run in result.runs],
        "fields": {field: getattr(spec, field) for field in fields},
        "test_accuracy": accuracy and accuracy.median,
        "lowest": accuracy and accuracy.lowest,
        "highest": accuracy and accuracy.highest,
        "best_epoch": result.best_epoch,
        "seconds": result.seconds,
        "parameters": parameter_count(spec.sizes),
    }


def _spread(accuracy: Spread | None) -> str:
    """97.41 % (97.20–97.63, 5 seeds)"""
    if not accuracy:
        return ""
    if accuracy.values == 1:
        return f"{accuracy.median:.2%}"
    low, high = accuracy.quartiles or (accuracy.lowest, accuracy.highest)
    return f"{accuracy.median:.2%} ({100 * low:.2f}–{100 * high:.2f}, {accuracy.values} seeds)"
