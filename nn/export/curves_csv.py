"""A run's losses and accuracies as a CSV table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nn.runs.store.store import Run, RunStore
from nn.support.atomic_write import replacing

COLUMNS = (
    "run", "step", "samples_seen", "loss", "smoothed_loss", "epoch", "train_loss", "val_loss",
    "val_accuracy", "test_accuracy", "images_per_second", "seconds", "train_accuracy",
    "estimated_accuracy",
)  # fmt: skip


def write(store: RunStore, run: Run, path: Path) -> None:
    """One row for each recorded step; figures of an epoch are in the row of its last step.

    Accuracies are 0–1; estimated_accuracy is measured on a few hundred validation images, or
    training images where none are held out. seconds count training only. Raises UserError where the
    file cannot be written.
    """
    rows: dict[int, dict[str, Any]] = {}
    estimates = (
        {"step": step, "samples_seen": samples_seen, "estimated_accuracy": accuracy}
        for step, samples_seen, accuracy in store.accuracy_estimates(run.id)
    )
    points = (point._asdict() for point in store.points(run.id))
    for row in (*points, *estimates, *store.epochs(run.id)):
        rows.setdefault(row["step"], {"run": escape_formula(run.name)}).update(row)
    with replacing(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows[step] for step in sorted(rows))


def escape_formula(text: str) -> str:
    """Quote a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") else text
