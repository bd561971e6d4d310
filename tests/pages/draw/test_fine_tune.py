"""Tuning: what is counted before and after, and a sentence for every way it may go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn.analysis.predictions.predict import Predictions
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore, State
from pages.draw import fine_tune
from pages.draw.fine_tune import Count


def reading(answers: list[int]) -> Predictions:
    """Of pictures that are 0, 1, 2, …"""
    count = len(answers)
    labels = np.arange(count, dtype=np.uint8)
    return Predictions(labels, np.zeros((count, 10)), np.array(answers), np.ones(count))


def test_what_was_learned_and_what_was_not_are_counted_apart():
    was, now = reading([0, 9, 9, 3]), reading([0, 1, 9, 9])
    learned = np.array([True, True, False, False])
    assert [count[1:] for count in fine_tune.split(was, now, learned)] == [(2, 1, 2), (2, 1, 0)]
    [only] = fine_tune.split(was, now, np.full(4, True))
    assert only == ("Your digits that it learned", 4, 2, 2)


def test_the_table_escapes_what_is_not_ours_and_rounds_nothing_to_all():
    text = fine_tune.table([Count("<b>x|y</b>", 10_000, 9_941, 9_999), Count("mine", 3, 0, 3)])
    assert "<b>" not in text and r"x\|y" in text
    assert "| 99.41\u00a0% | 99.99\u00a0% |" in text and "| mine | 0 of 3 | 3 of 3 |" in text


@pytest.mark.parametrize("state", State)
def test_every_state_but_those_of_success_has_its_sentence(tmp_path, state):
    run = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}").create(RunSpec())
    said = fine_tune.state(replace(run, state=state, message="Why it is so."))
    if state in (State.RUNNING, State.FINISHED):
        assert not said
    else:
        assert said.endswith(".")
    if state in (State.QUEUED, State.FAILED, State.DIVERGED, State.INTERRUPTED):
        assert "Why it is so." in said
