"""What is checked in the table of all runs, and what it shows of them."""

from __future__ import annotations

import pytest
import streamlit

from pages.common import url_state
from pages.compare import state as compare_state
from pages.compare import table


@pytest.fixture
def session(monkeypatch):
    """The session's state; the URL is as the session would have it."""
    values: dict[str, object] = {}
    monkeypatch.setattr(streamlit, "session_state", values)
    monkeypatch.setattr(url_state, "has", lambda *_: False)
    monkeypatch.setattr(url_state, "write", lambda *_: None)
    return values


def test_a_check_in_the_table_is_taken_with_its_id_and_a_choice_elsewhere_keeps_that(session):
    compare_state.compare(["a", "b", "a"], "first check")
    assert compare_state.compared() == ["a", "b"] and compare_state.received() == "first check"
    compare_state.compare([])
    assert compare_state.compared() == [] and compare_state.received() == "first check"


def test_a_group_stands_for_all_its_runs_with_the_best_the_median_and_the_lowest():
    accuracies = {"a": 0.9, "b": None, "c": 0.7, "d": 0.8}
    rows = {
        run: {"Seed": 1 if run == "b" else 0, "Test accuracy": accuracy}
        for run, accuracy in accuracies.items()
    }
    [(zero, of_zero), (one, of_one)] = table._groups(rows, "Seed")
    assert (zero, one) == (["a", "c", "d"], ["b"])
    assert list(of_zero.values()) == [0, 3, 0.9, 0.8, 0.7]
    assert list(of_one.values()) == [1, 1, None, None, None]


def test_columns_have_the_formats_of_every_run_table():
    assert table._column("Test accuracy").format == "percent"
    assert table._column("Median test accuracy").format == "percent"
    assert table._column("Parameters").format == "localized"
    assert table._column("Name") == ("Name", "", "")


def test_every_word_of_the_filter_is_in_some_text_of_the_row():
    row = {"Name": "first try", "State": "Finished", "Epochs": 5, "Test accuracy": 0.97}
    assert table._has(row, []) and table._has(row, ["finish", "try"]) and table._has(row, ["5"])
    assert not table._has(row, ["first", "stopped"])
    assert not table._has(row, ["0.97"])  # nobody types a figure with all its digits
