"""Which runs are compared, which did best, and in what they differ."""

from __future__ import annotations

import pytest
import streamlit

from nn.runs.spec import RunSpec
from pages.compare import runs as compared_runs
from tests.runs.store.test_store import put


@pytest.fixture
def warnings(monkeypatch):
    shown: list[str] = []
    monkeypatch.setattr(streamlit, "warning", shown.append)
    return shown


def test_the_order_of_the_link_is_kept_and_those_left_out_are_named(store, warnings):
    runs = [store.create(RunSpec()) for _ in range(3)]
    ids = [runs[2].id, "gone", runs[0].id]
    assert compared_runs.find(ids, runs) == [runs[2], runs[0]]
    assert len(warnings) == 1 and "Run gone is left out" in warnings[0]
    compared_runs.find(["a", "b", "c", "*d*", "e"], runs)
    assert warnings[1].startswith("5 runs are left out") and "(a, b, c …)" in warnings[1]
    compared_runs.find([], runs)
    assert len(warnings) == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{}, {}], "These runs have the same settings, and the same seed."),
        ([{}, {"lr": 0.5}], "These runs differ in the learning rate alone."),
        ([{}, {"seed": 1}], "These runs differ in the seed alone."),
        (
            [{}, {"early_stopping_patience": 2}, {"hidden": ()}],
            "These runs differ in the hidden layers and the early stopping.",
        ),
        (
            [{"lr": 0.5, "seed": 4}, {"train_size": 9}],
            "These runs differ in the learning rate, the number of training images and the seed.",
        ),
        (
            [{}, {"lr": 0.5, "seed": 4, "train_size": 9, "epochs": 2}],
            "These runs differ in 4 settings.",
        ),
    ],
)
def test_the_differences_are_said_in_a_sentence(changes, expected):
    assert compared_runs.differences([RunSpec(**each) for each in changes]) == expected


def test_configurations_are_ranked_by_their_median_seed(store):
    def recorded(accuracy: float | None, **fields: object):
        run = store.create(RunSpec(**fields))
        put(store, run, test_accuracy=accuracy)
        return store.run(run.id)

    lucky = [recorded(accuracy, lr=0.5, seed=i) for i, accuracy in enumerate((0.99, 0.5, 0.6))]
    steady = [recorded(accuracy, lr=0.1, seed=i) for i, accuracy in enumerate((0.8, 0.7, None))]
    new = recorded(None, lr=0.2)
    zero = recorded(0.0, lr=0.3)
    ranked = compared_runs.ranked([*lucky, new, *steady, zero])
    assert [result.runs for result in ranked] == [steady[:2], lucky, [zero]]
    assert [result.accuracy.median for result in ranked] == [0.7, 0.6, 0.0]
    names = compared_runs.names([*lucky, new])
    assert names == {run.id: "Learning rate 0.5" for run in lucky} | {new.id: new.name}
