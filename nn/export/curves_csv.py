"""Curves: a run's losses and accuracies as a table for other programs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nn.runs.store.store import Run, RunStore
from nn.support.atomic_write import replacing

COLUMNS = (
    "run", "step", "samples_seen", "loss", "smoothed_loss", "epoch", "train_loss", "val_loss",
    "val_accuracy", "test_accuracy", "images_per_second", "seconds",
)  # fmt: skip


def write_csv(store: RunStore, run: Run, path: Path) -> None:
    """A line a recorded step; what belongs to an epoch stands at its last step.

    Accuracies 0–1, seconds of training alone. Raises UserError when it cannot be written.
    """
    lines: dict[int, dict[str, Any]] = {}
    for row in (*(point._asdict() for point in store.points(run.id)), *store.epochs(run.id)):
        lines.setdefault(row["step"], {"run": cell(run.name)}).update(row)
    with replacing(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(lines[step] for step in sorted(lines))


def cell(text: str) -> str:
    """A spreadsheet takes what begins with one of these for a formula and would run it."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") else text
