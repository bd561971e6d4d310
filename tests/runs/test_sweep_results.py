"""Medians and spreads over seeds, and the effects of fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nn.runs import sweep_results
from nn.runs.spec import RunSpec
from nn.runs.sweep_results import Spread, spread

ACCURACIES = {(0.1, 8): (0.9, 0.7, 0.8), (0.1, 16): (0.95, 0.85), (1.0, 8): (None, 0.2)}


@pytest.fixture
def runs(store):
    return [
        replace(
            store.create(RunSpec(lr=lr, hidden=(width,), seed=seed)),
            test_accuracy=accuracy,
            seconds=seed + 1.0,
        )
        for (lr, width), accuracies in ACCURACIES.items()
        for seed, accuracy in enumerate(accuracies)
    ]


def test_spread():
    assert spread([]) is None
    assert spread([3]) == Spread(1, 3, 3, 3, None)
    assert spread([4, 1]) == Spread(2, 1, 1, 4, None)
    assert spread([5, 1, 2, 4, 3]) == Spread(5, 3, 1, 5, (2, 4))


def test_results_are_ranked_by_their_median_and_those_without_come_last(runs):
    unknown = replace(runs[0], id="unknown", spec=RunSpec(lr=9.0), test_accuracy=None)
    epochs = {run.id: {"best_epoch": i + 1} for i, run in enumerate(runs[:3])}
    *rated, last = sweep_results.results([unknown, *runs], epochs)
    assert [result.accuracy.median for result in rated] == [0.85, 0.8, 0.2]
    assert (last.runs, last.accuracy, last.best_epoch) == ([unknown], None, None)
    assert rated[1] == (runs[:3], Spread(3, 0.8, 0.7, 0.9, None), 2, 2.0)
    assert rated[2].accuracy.values == 1


def test_the_effect_of_a_field_is_over_all_runs_with_each_value(runs):
    found = sweep_results.effect(runs, "lr")
    assert list(found) == [0.1, 1.0]
    assert found[0.1][:4] == (5, 0.85, 0.7, 0.95) and found[1.0].values == 1
    assert list(sweep_results.effect(runs, "hidden")) == [(8,), (16,)]


def test_a_heat_map_has_a_cell_for_each_combination(runs):
    found = sweep_results.heat_map(runs, "hidden", "lr")
    assert found == ([(8,), (16,)], [0.1, 1.0], [[0.8, 0.85], [0.2, None]])
