"""Confusion: each count is the count one gets picture by picture."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from nn.analysis.predictions import confusion as module
from nn.analysis.predictions.confusion import Confusion, answers, confusion, of_frame, write_csv
from nn.data import sources
from nn.errors import UserError
from nn.network import Network
from nn.runs.load_network import load
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work


@pytest.fixture(scope="module")
def network():
    network = Network((784, 5, 10), "tanh")
    network.initialize("he", np.random.default_rng(0))
    return network


def test_every_picture_is_counted_where_it_belongs(network, pictures, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 7)  # several chunks, the last one short
    shown = pictures(50)
    slow = np.zeros((10, 10), int)
    for image, label in zip(shown.images, shown.labels, strict=True):
        slow[label, network.probabilities(image[np.newaxis])[0].argmax()] += 1
    found = confusion(network, shown.images, shown.labels)
    np.testing.assert_array_equal(found.counts, slow)
    assert found.pictures == 50
    assert found.right == sum(slow[digit, digit] for digit in range(10))
    read = answers(network, shown.images)
    assert found.accuracy == pytest.approx(np.mean(read == shown.labels))
    for digit, share in enumerate(found.per_digit):
        of_it = shown.labels == digit
        assert share == pytest.approx(np.mean(read[of_it] == digit))


def test_a_digit_without_pictures_has_no_share():
    counts = np.diag([1] * 9 + [0])
    assert Confusion(counts).per_digit == [1.0] * 9 + [None]
    assert Confusion(counts).accuracy == 1


def test_a_frames_confusion_is_its_networks_on_the_runs_test_set(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    spec = RunSpec(hidden=(8,), batch_size=380, epochs=1, dataset="strokes", validation_size=1000)
    run = store.create(spec)
    for _ in work(store, run.id):
        pass
    test = sources.load(spec.dataset, spec.validation_size, spec.seed).test
    steps = store.snapshot_steps(run.id)
    for step in (steps[0], steps[-1]):
        slow = confusion(load(store, f"{run.id}@{step}").network, test.images, test.labels)
        np.testing.assert_array_equal(of_frame(store, run.id, step).counts, slow.counts)
    assert of_frame(store, run.id, steps[-1]) is of_frame(store, run.id, steps[-1])
    assert of_frame(store, run.id, steps[-1]).accuracy > of_frame(store, run.id, 0).accuracy
    with pytest.raises(UserError, match="no frame"):
        of_frame(store, run.id, 10**6)


def test_the_table_holds_every_count(tmp_path):
    counts = np.arange(100).reshape(10, 10)
    write_csv(Confusion(counts), tmp_path / "a.csv")
    with open(tmp_path / "a.csv", newline="") as file:
        head, *lines = csv.reader(file)
    assert head == ["digit", *(f"read as {digit}" for digit in range(10))]
    assert [[int(cell) for cell in line] for line in lines] == [
        [digit, *row] for digit, row in enumerate(counts.tolist())
    ]
    with pytest.raises(UserError, match="cannot be written"):
        write_csv(Confusion(counts), tmp_path / "none" / "a.csv")
