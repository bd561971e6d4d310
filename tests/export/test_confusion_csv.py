"""The table holds every count of the confusion matrix."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from nn.analysis.predictions.confusion import Confusion
from nn.errors import UserError
from nn.export import confusion_csv


def test_the_table_holds_every_count(tmp_path):
    counts = np.arange(100).reshape(10, 10)
    confusion_csv.write(Confusion(counts), tmp_path / "a.csv")
    with open(tmp_path / "a.csv", newline="") as file:
        head, *lines = csv.reader(file)
    assert head == ["actual", *(f"predicted {digit}" for digit in range(10))]
    assert [[int(cell) for cell in line] for line in lines] == [
        [digit, *row] for digit, row in enumerate(counts.tolist())
    ]


def test_a_file_that_cannot_be_written_raises_a_user_error(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        confusion_csv.write(Confusion(np.eye(10, dtype=int)), tmp_path / "none" / "a.csv")
