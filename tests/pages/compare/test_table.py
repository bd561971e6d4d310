"""What is checked in the table of all runs, and what it shows of them."""

from __future__ import annotations

import pytest
import streamlit

from pages.common import url_state
from pages.compare import state as compare_state
from pages.compare import table
from pages.compare.state import COMPARED


@pytest.fixture
def session(monkeypatch):
    """The session's state; the URL is as the session would have it."""
    values: dict[str, object] = {}
    monkeypatch.setattr(streamlit, "session_state", values)
    monkeypatch.setattr(url_state, "has", lambda *_: False)
    monkeypatch.setattr(url_state, "write", lambda *_: None)
    return values


def test_checked_runs_follow_those_before_and_hidden_ones_stay(session):
    session[COMPARED] = ["hidden", "b", "a"]

    def check(*rows: int) -> object:
        session["table"] = {"selection": {"rows": list(rows)}}
        table._take_selection("table", [["a"], ["b"], ["c", "d"]])
        return session[COMPARED]

    assert check(0, 1, 2) == ["hidden", "b", "a", "c", "d"]
    assert check(2, 0) == ["hidden", "a", "c", "d"]
    assert check() == ["hidden"]


def test_a_choice_outside_of_the_table_makes_another_table(session):
    before = compare_state.revision()
    compare_state.compare(["a", "b", "a"])
    assert compare_state.compared() == ["a", "b"] and compare_state.revision() == before + 1
    compare_state.take(["b"])
    assert compare_state.compared() == ["b"] and compare_state.revision() == before + 1


def test_every_word_of_the_filter_is_in_some_text_of_the_row():
    row = {"Name": "first try", "State": "Finished", "Epochs": 5, "Test accuracy": 0.97}
    assert table._has(row, []) and table._has(row, ["finish", "try"]) and table._has(row, ["5"])
    assert not table._has(row, ["first", "stopped"])
    assert not table._has(row, ["0.97"])  # nobody types a figure with all its digits
