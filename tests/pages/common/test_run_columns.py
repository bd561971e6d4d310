"""What the columns of the tables of runs show."""

from __future__ import annotations

import dataclasses

import pytest

from nn.runs.spec import RunSpec
from nn.runs.store.store import Run
from nn.runs.worker.loop import work
from pages.common import run_columns, run_table, setting_text, state
from pages.server.visitor import Visitor


@pytest.fixture
def visitor(monkeypatch):
    monkeypatch.setattr(state, "visitor", lambda: Visitor("me", False))


def test_every_setting_has_a_label_and_no_two_have_the_same():
    assert list(setting_text.FIELDS) == [field.name for field in dataclasses.fields(RunSpec)]
    assert len(set(setting_text.FIELDS.values())) == len(setting_text.FIELDS)


def test_every_setting_and_figure_of_a_run_is_a_column(store, quick, visitor):
    run = store.create(quick, "first", owner="me")
    for _ in work(store, run.id):
        pass
    run, epoch = store.run(run.id), store.last_epochs()[run.id]
    columns = run_columns.columns()
    row = {name: of(run, epoch) for name, of in columns.items()}
    assert set(run_table.DEFAULT_COLUMNS) <= set(columns)
    assert set(setting_text.FIELDS.values()) <= set(columns)
    assert row["Epochs done"] == row["Epochs"] == 2
    assert row["Learning rate"] == quick.lr and row["Hidden layers"] == "8"
    assert row["Test accuracy"] == run.test_accuracy > 0.1
    best = max(store.epochs(run.id), key=lambda epoch: epoch["test_accuracy"])
    assert row["Best test accuracy"] == best["test_accuracy"]
    assert row["Best epoch"] == best["epoch"]
    assert row["Training loss"] > 0 and row["Validation loss"] > 0
    assert row["Parameters"] == 785 * 8 + 9 * 10
    assert row["Started by"] == "you"
    assert not [name for name, value in row.items() if value is None]
    known = {value for value in row.values() if isinstance(value, int | float | str)}
    shown_otherwise = {
        "owner", "spec", "created", "heartbeat", "state", "stream_version", "unknown_settings",
    }  # fmt: skip
    for field in {each.name for each in dataclasses.fields(Run)} - shown_otherwise:
        assert getattr(run, field) in known | {run.total_steps, run.queue_position}, field


def test_a_run_without_an_epoch_has_all_columns_too(store, visitor):
    run = store.create(RunSpec(dataset="/private/digits.npz", extra_data="/x/ended.npz"))
    row = {name: of(run, {}) for name, of in run_columns.columns().items()}
    assert row["Validation loss"] is None and row["Started by"] == "the command line"
    assert not any("/" in value for value in row.values() if isinstance(value, str))
