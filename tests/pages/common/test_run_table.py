"""The run table: what a selection does, and which runs may be deleted."""

from __future__ import annotations

import pytest
import streamlit

from nn.runs.spec import RunSpec
from nn.runs.store.store import State
from pages.common import run_table, state
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


def test_an_unreadable_run_is_listed_and_deleted_by_who_started_it(store, visitor, monkeypatch):
    started, other, good = (store.create(RunSpec(), n, owner=n) for n in ("me", "other", "good"))
    for run in (started, other):
        put(store, run, spec="{")
    texts, buttons, confirmed = [], [], []

    class Column:
        markdown = staticmethod(texts.append)

        @staticmethod
        def button(label, key, **_):
            buttons.append(key)
            return True

    monkeypatch.setattr(streamlit, "columns", lambda *_, **__: (Column, Column))
    monkeypatch.setattr(run_table, "_confirm_deletion", confirmed.extend)
    run_table._list_unreadable()
    assert [text.partition(" cannot")[0] for text in texts] == ["Run **other**", "Run **me**"]
    assert all("not JSON" in text for text in texts)
    assert buttons == [f"delete {started.id}"]
    assert [run.id for run in confirmed] == [started.id]

    monkeypatch.setattr(state, "run_in_view", lambda: None)
    monkeypatch.setattr(streamlit, "session_state", {})
    monkeypatch.setattr(streamlit, "toast", texts.append)
    run_table._delete([started.id, other.id])
    assert [run.id for run in store.unreadable_runs()] == [other.id]
    assert [run.id for run in store.runs()] == [good.id] and texts[-1] == "1 run deleted."
