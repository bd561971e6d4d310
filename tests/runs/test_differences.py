"""Which settings differ, and which runs are seeds of one configuration."""

from __future__ import annotations

import dataclasses

import pytest

from nn.runs.differences import by_configuration, configuration, differing_fields
from nn.runs.spec import RunSpec
from tests.cli.test_train import OTHER

CHANGED = OTHER | {"init_from": "pretrained", "extra_data": "/own.npz"}


def test_equal_specs_or_a_single_one_differ_in_nothing():
    assert differing_fields([]) == differing_fields([RunSpec()]) == []
    assert differing_fields([RunSpec(hidden=(8,)), RunSpec(hidden=[8])]) == []


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(RunSpec)])
def test_one_changed_field_is_the_only_difference(field):
    changed = dataclasses.replace(RunSpec(), **{field: CHANGED[field]})
    assert differing_fields([RunSpec(), changed, RunSpec()]) == [field]
    assert (configuration(changed) == configuration(RunSpec())) == (field == "seed")


def test_several_differences_come_in_the_order_of_the_fields():
    specs = [RunSpec(seed=1), RunSpec(lr=0.5), RunSpec(hidden=())]
    assert differing_fields(specs) == ["hidden", "lr", "seed"]


def test_seeds_of_a_configuration_belong_together_in_the_order_of_the_runs(store):
    specs = [
        RunSpec(lr=0.2),
        RunSpec(),
        RunSpec(lr=0.2, seed=3),
        RunSpec(seed=1),
        RunSpec(epochs=1),
    ]
    runs = [store.create(spec) for spec in specs]
    groups = by_configuration(runs)
    assert [[runs.index(run) for run in group] for group in groups] == [[0, 2], [1, 3], [4]]
    assert by_configuration([]) == []
