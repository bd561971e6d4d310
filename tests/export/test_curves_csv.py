"""The table holds what the store holds."""

from __future__ import annotations

import csv

import pytest

from nn.export import curves_csv
from nn.runs.worker.loop import work


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_point_and_every_epoch_is_a_row_in_order(store, quick, tmp_path):
    run = store.create(quick, "first")
    for _ in work(store, run.id):
        pass
    curves_csv.write(store, run, tmp_path / "a.csv")
    lines = table(tmp_path / "a.csv")
    steps = [int(line["step"]) for line in lines]
    assert steps == sorted(set(steps))
    assert {line["run"] for line in lines} == {"first"}
    points = {point.step: point for point in store.points(run.id)}
    epochs = {epoch["step"]: epoch for epoch in store.epochs(run.id)}
    assert set(steps) == {0} | set(points) | set(epochs) and len(epochs) == 2
    for line in lines:
        step = int(line["step"])
        if step in points:
            assert float(line["loss"]) == points[step].loss
        for name in ("epoch", "val_loss", "train_accuracy", "test_accuracy", "seconds"):
            recorded = epochs.get(step, {}).get(name)
            assert line[name] == ("" if recorded is None else str(recorded))
    estimates = {e.step: e.accuracy for e in store.accuracy_estimates(run.id)}
    written = {int(line["step"]): line["estimated_accuracy"] for line in lines}
    assert {step: float(text) for step, text in written.items() if text} == estimates


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", " =HYPERLINK(0)"])
def test_no_cell_is_a_formula(store, quick, tmp_path, name):
    run = store.create(quick, name)
    for _ in work(store, run.id):
        pass
    curves_csv.write(store, run, tmp_path / "a.csv")
    assert {line["run"] for line in table(tmp_path / "a.csv")} == {f"'{name}"}


def test_an_empty_run_has_column_names_only(store, quick, tmp_path):
    curves_csv.write(store, store.create(quick), tmp_path / "a.csv")
    assert table(tmp_path / "a.csv") == []
    assert (tmp_path / "a.csv").read_text().startswith("run,step,")
