"""Readings that pages share: which moments, and what is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.predict import predict
from nn.data.synthetic import handwriting
from nn.network import parameter_count
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore, Snapshot
from pages.common import predictions
from pages.common.predictions import Moment
from pages.common.test_set import Pictures


class Store:
    """A run's store with frames that nobody trained; it knows which were asked for."""

    def __init__(self, made: Run) -> None:
        rng = np.random.default_rng(0)
        size = parameter_count(made.spec.sizes)
        self.made, self.asked = made, []
        self.frames = {n: rng.standard_normal(size).astype(np.float16) for n in (0, 5, 9)}

    def run(self, run_id: str) -> Run:
        return self.made

    def snapshot(self, run_id: str, step: int) -> Snapshot:
        self.asked.append(step)
        return Snapshot(step, 64 * step, None, self.frames[step])


@pytest.fixture
def run(tmp_path, monkeypatch):
    made = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}").create(
        RunSpec(hidden=(6,), dataset="strokes")
    )
    store = Store(made)
    monkeypatch.setattr(predictions, "store", lambda: store)
    return made, store


def some(key: str) -> Pictures:
    return Pictures(key, "some", handwriting.load()[1][:50], True)


def test_a_reading_is_that_of_the_frame_and_worked_out_once(run):
    made, store = run
    network = made.spec.network()
    for step in (0, 9, 0, 9):
        network.parameters[...] = store.frames[step]
        expected = predict(network, some("x").data.images, some("x").data.labels)
        found = predictions.reading(Moment(made.id, step), some("x"))
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert store.asked == [0, 9]


def test_other_pictures_are_another_reading(run):
    made, store = run
    one = predictions.reading(Moment(made.id, 5), some("one"))
    other = some("other")._replace(data=handwriting.load()[1][50:90])
    assert len(one.labels) == 50
    assert len(predictions.reading(Moment(made.id, 5), other).labels) == 40
    assert store.asked == [5, 5]


def test_right_is_what_the_reading_says(run):
    made, _ = run
    moment = Moment(made.id, 9)
    np.testing.assert_array_equal(
        predictions.right(moment, some("y")), predictions.reading(moment, some("y")).correct
    )


@pytest.mark.parametrize("until", [0, 1, 77, 99])
@pytest.mark.parametrize("most", [2, 24, 500])
def test_moments_end_where_the_timeline_stands(run, until, most):
    made, _ = run
    steps = list(range(100))
    found = [
        moment.step
        for moment in predictions.moments(made, steps, until, some("z"), most, work=1e12)
    ]
    assert found == sorted(set(found)) and found[-1] == until and len(found) <= most + 1
    if until:
        assert found[0] == 0


def test_moments_are_fewer_where_reading_takes_long(run):
    made, _ = run
    each = 50 * parameter_count(made.spec.sizes)
    found = predictions.moments(made, list(range(100)), 99, some("z"), most=24, work=7 * each)
    assert len(found) == 7
    assert len(predictions.moments(made, list(range(100)), 99, some("z"), most=24, work=0)) == 2


def test_accuracies_are_of_all_and_of_each_digit():
    labels = np.array([1, 1, 1, 1, 7, 7], np.uint8)
    right = np.array([True, True, True, False, False, True])
    found = predictions.accuracies(right, labels)
    assert found == [4 / 6, None, 3 / 4, *[None] * 5, 1 / 2, None, None]
