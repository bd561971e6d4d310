"""A confusion matrix as a CSV table."""

from __future__ import annotations

import csv
from pathlib import Path

from nn.analysis.predictions.confusion import DIGITS, Confusion
from nn.support.atomic_write import replacing


def write(confusion: Confusion, path: Path) -> None:
    """One row for each actual digit, one column for each predicted digit.

    Raises UserError where the file cannot be written.
    """
    with replacing(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["actual", *(f"predicted {digit}" for digit in range(DIGITS))])
        table.writerows([digit, *row] for digit, row in enumerate(confusion.counts.tolist()))
