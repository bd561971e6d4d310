"""Predictions that pages share: which snapshots, and what is cached."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.predict import predict
from nn.data.synthetic import handwriting
from nn.network import parameter_count
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore, Snapshot
from pages.common import predictions
from pages.common.predictions import SnapshotId
from pages.common.test_set import ImageSet
from pages.server import shared_store


class Store:
    """A store with one run and random snapshots; it records which were loaded."""

    def __init__(self, run: Run) -> None:
        rng = np.random.default_rng(0)
        size = parameter_count(run.spec.sizes)
        self.only_run, self.loaded = run, []
        self.parameters = {n: rng.standard_normal(size).astype(np.float16) for n in (0, 5, 9)}

    def run(self, run_id: str) -> Run:
        return self.only_run

    def snapshot(self, run_id: str, step: int) -> Snapshot:
        self.loaded.append(step)
        return Snapshot(step, 64 * step, None, self.parameters[step])


@pytest.fixture
def store(tmp_path, monkeypatch):
    run = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}").create(
        RunSpec(hidden=(6,), dataset="strokes")
    )
    store = Store(run)
    for module in (predictions, shared_store):
        monkeypatch.setattr(module, "store", lambda: store)
    return store


def images(key: str) -> ImageSet:
    return ImageSet(key, "some", handwriting.load()[1][:50], True)


def test_predictions_are_those_of_the_snapshot_and_computed_once(store):
    run, data = store.only_run, images("x").data
    network = run.spec.network()
    for step in (0, 9, 0, 9):
        network.parameters[...] = store.parameters[step]
        expected = predict(network, data.images, data.labels)
        found = predictions.predictions(SnapshotId(run.id, step), images("x"))
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert store.loaded == [0, 9]


def test_another_test_set_has_predictions_of_its_own(store):
    snapshot = SnapshotId(store.only_run.id, 5)
    other = images("other")._replace(data=handwriting.load()[1][50:90])
    assert len(predictions.predictions(snapshot, images("one")).labels) == 50
    assert len(predictions.predictions(snapshot, other).labels) == 40


def test_correct_agrees_with_the_predictions(store):
    snapshot = SnapshotId(store.only_run.id, 9)
    np.testing.assert_array_equal(
        predictions.correct(snapshot, images("y")),
        predictions.predictions(snapshot, images("y")).correct,
    )


@pytest.mark.parametrize("last", [0, 1, 77, 99])
@pytest.mark.parametrize("max_snapshots", [2, 24, 500])
def test_evenly_spaced_snapshots_end_with_the_last(store, last, max_snapshots):
    found = [
        snapshot.step
        for snapshot in predictions.evenly_spaced(
            store.only_run, list(range(100)), last, images("z"), max_snapshots, max_work=1e12
        )
    ]
    assert found == sorted(set(found)) and found[-1] == last and len(found) <= max_snapshots + 1
    if last:
        assert found[0] == 0


def test_there_are_fewer_snapshots_where_predicting_takes_long(store):
    run = store.only_run
    work = 50 * parameter_count(run.spec.sizes)
    for max_work, count in ((7 * work, 7), (0, 2)):
        found = predictions.evenly_spaced(
            run, list(range(100)), 99, images("z"), 24, max_work=max_work
        )
        assert len(found) == count


def test_accuracies_are_of_all_images_and_of_each_digit():
    labels = np.array([1, 1, 1, 1, 7, 7], np.uint8)
    correct = np.array([True, True, True, False, False, True])
    found = predictions.accuracies(correct, labels)
    assert found == [4 / 6, None, 3 / 4, *[None] * 5, 1 / 2, None, None]
