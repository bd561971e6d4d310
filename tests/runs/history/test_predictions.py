"""Prediction history: the prediction for an image at each snapshot, in order."""

from __future__ import annotations

import numpy as np
import pytest

from nn.errors import UserError
from nn.runs import load_network
from nn.runs.history.predictions import prediction_history
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, one_thread):
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('history') / 'store.sqlite3'}")
    spec = RunSpec(hidden=(8,), batch_size=380, epochs=1, dataset="strokes", validation_size=1000)
    run = store.create(spec)
    for _ in work(store, run.id):
        pass
    return store, run


def test_the_prediction_at_each_snapshot_is_that_of_its_network(recorded, noise):
    store, run = recorded
    image = noise(1).images[0]
    found = prediction_history(store, run.id, image)
    steps = store.snapshot_steps(run.id)
    assert len(found.samples_seen) == len(steps) > 10
    assert found.samples_seen[0] == 0 and (np.diff(found.samples_seen) > 0).all()
    for row in (0, 5, -1):
        network = load_network.load(store, f"{run.id}@{steps[row]}").network
        np.testing.assert_array_equal(
            found.probabilities[row], network.probabilities(image[np.newaxis])[0]
        )


def test_some_of_the_snapshots_are_a_part_of_all(recorded, noise):
    store, run = recorded
    image = noise(1).images[0]
    found, some = (prediction_history(store, run.id, image, count) for count in (None, 5))
    assert len(some.samples_seen) == 5
    assert some.samples_seen[0] == 0 and some.samples_seen[-1] == found.samples_seen[-1]
    rows = np.searchsorted(found.samples_seen, some.samples_seen)
    np.testing.assert_array_equal(some.probabilities, found.probabilities[rows])


def test_a_run_without_snapshots_has_an_empty_history_and_a_missing_run_raises_a_user_error(
    recorded, noise
):
    store, _ = recorded
    waiting = store.create(RunSpec())
    assert prediction_history(store, waiting.id, noise(1).images[0]).probabilities.shape == (
        0,
        10,
    )
    with pytest.raises(UserError, match="no run"):
        prediction_history(store, "nonesuch", noise(1).images[0])
