"""Fine-tune: the counts before and after, and a message for every state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn.analysis.predictions.predict import Predictions
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore, State
from pages.draw import fine_tune
from pages.draw.fine_tune import Count


def predictions_of(predicted: list[int]) -> Predictions:
    """Of images with the labels 0, 1, 2, …"""
    count = len(predicted)
    labels = np.arange(count, dtype=np.uint8)
    return Predictions(labels, np.zeros((count, 10)), np.array(predicted), np.ones(count))


def test_digits_used_in_training_and_others_are_counted_separately():
    before, after = predictions_of([0, 9, 9, 3]), predictions_of([0, 1, 9, 9])
    learned = np.array([True, True, False, False])
    counts = fine_tune.count_correct(before, after, learned)
    assert [count[1:] for count in counts] == [(2, 1, 2), (2, 1, 0)]
    [only] = fine_tune.count_correct(before, after, np.full(4, True))
    assert only == ("Your digits used in training", 4, 2, 2)


def test_the_table_escapes_names_and_never_rounds_up_to_all():
    text = fine_tune.table([Count("<b>x|y</b>", 10_000, 9_941, 9_999), Count("few", 3, 0, 3)])
    assert "<b>" not in text and r"x\|y" in text
    assert "| 99.41\u00a0% | 99.99\u00a0% |" in text and "| few | 0 of 3 | 3 of 3 |" in text


@pytest.mark.parametrize("state", State)
def test_every_state_except_success_has_a_message(tmp_path, state):
    run = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}").create(RunSpec())
    message = fine_tune.status(replace(run, state=state, message="Why it is so."))
    if state in (State.RUNNING, State.FINISHED):
        assert not message
    else:
        assert message.endswith((".", "…"))
    if state in (State.QUEUED, State.FAILED, State.DIVERGED, State.INTERRUPTED):
        assert "Why it is so." in message
