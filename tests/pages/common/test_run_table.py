"""The run table: what its columns show, and which runs may be deleted."""

from __future__ import annotations

import dataclasses

import pytest
import streamlit

from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, State
from nn.runs.worker.loop import work
from pages.common import run_table, setting_text, state
from pages.server.visitor import Visitor
from tests.runs.store.test_store import put


@pytest.fixture
def visitor(store, monkeypatch):
    """``visitor(is_owner)``: whose session it is"""

    def act_as(is_owner: bool = False) -> None:
        monkeypatch.setattr(state, "visitor", lambda: Visitor("me", is_owner))

    for module in (run_table, state):
        monkeypatch.setattr(module, "store", lambda: store)
    act_as()
    return act_as


def test_every_setting_has_a_label_and_no_two_have_the_same():
    assert list(setting_text.FIELDS) == [field.name for field in dataclasses.fields(RunSpec)]
    assert len(set(setting_text.FIELDS.values())) == len(setting_text.FIELDS)


def test_every_setting_and_figure_of_a_run_is_a_column(store, quick, visitor):
    run = store.create(quick, "first", owner="me")
    for _ in work(store, run.id):
        pass
    run, epoch = store.run(run.id), store.last_epochs()[run.id]
    columns = run_table._columns()
    row = {name: of(run, epoch) for name, of in columns.items()}
    assert set(run_table.DEFAULT_COLUMNS) <= set(columns)
    assert set(setting_text.FIELDS.values()) <= set(columns)
    assert row["Epochs done"] == row["Epochs"] == 2
    assert row["Learning rate"] == quick.lr and row["Hidden layers"] == "8"
    assert row["Test accuracy"] == run.test_accuracy > 0.1
    assert row["Best test accuracy"] >= row["Test accuracy"]
    assert row["Training loss"] > 0 and row["Validation loss"] > 0
    assert row["Parameters"] == 785 * 8 + 9 * 10
    assert row["Started by"] == "you"
    assert not [name for name, value in row.items() if value is None]
    known = {value for value in row.values() if isinstance(value, int | float | str)}
    shown_otherwise = {"owner", "spec", "created", "heartbeat", "state", "stream_version"}
    for field in {each.name for each in dataclasses.fields(Run)} - shown_otherwise:
        assert getattr(run, field) in known | {run.total_steps, run.queue_position}, field


def test_a_run_without_an_epoch_has_all_columns_too(store, visitor):
    run = store.create(RunSpec(dataset="/home/somebody/digits.npz", extra_data="/x/ended.npz"))
    row = {name: of(run, {}) for name, of in run_table._columns().items()}
    assert row["Validation loss"] is None and row["Started by"] == "the command line"
    assert not any("/" in value for value in row.values() if isinstance(value, str))


def test_only_ones_own_runs_that_have_ended_may_be_deleted(store, visitor):
    runs = [store.create(RunSpec(), owner=owner) for owner in ("me", "me", "other", "")]
    put(store, runs[0], state=State.STOPPED)
    put(store, runs[2], state=State.FINISHED)

    def obstacles():
        return [run_table._obstacle(store.run(run.id)) for run in runs]

    assert obstacles() == [None, run_table.ACTIVE, run_table.OTHERS, run_table.OTHERS]
    visitor(is_owner=True)
    assert obstacles() == [None, run_table.ACTIVE, None, run_table.ACTIVE]


def test_what_may_no_longer_be_deleted_stays(store, visitor, monkeypatch):
    ended, resumed, gone, in_view = (store.create(RunSpec(), owner="me") for _ in range(4))
    for run in (ended, gone, in_view):
        put(store, run, state=State.STOPPED)
    store.delete(gone.id)
    toasts, viewed = [], []
    monkeypatch.setattr(state, "run_in_view", lambda: store.run(in_view.id))
    monkeypatch.setattr(state, "view", viewed.append)
    monkeypatch.setattr(streamlit, "session_state", {})
    monkeypatch.setattr(streamlit, "toast", toasts.append)
    run_table._delete([run.id for run in (ended, resumed, gone, in_view)])
    assert [run.id for run in store.runs()] == [resumed.id]
    assert viewed == [None] and toasts == ["2 runs deleted."]


def test_a_selection_names_runs_not_rows_and_a_cell_opens_its_run_once(store, visitor, monkeypatch):
    runs = [store.create(RunSpec()) for _ in range(3)]
    ids, viewed = [run.id for run in runs], []
    monkeypatch.setattr(state, "view", lambda run: viewed.append(run.id))
    session: dict[str, object] = {}
    monkeypatch.setattr(streamlit, "session_state", session)

    def select(rows, cells):
        session["table"] = {"selection": {"rows": rows, "cells": cells}}
        run_table._take_selection("table", ids)

    select([0, 2], [])
    assert session[run_table.SELECTED] == [ids[0], ids[2]] and not viewed
    select([0], [(1, "Name")])
    select([0, 1], [(1, "Name")])  # the cell stays chosen
    assert viewed == [ids[1]]
    store.delete(ids[2])
    monkeypatch.setattr(streamlit, "toast", viewed.append)
    select([], [(2, "Name")])
    assert viewed == [ids[1], "This run has been deleted."]
