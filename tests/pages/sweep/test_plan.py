"""The plan of a sweep: settings and their values, as runs."""

from __future__ import annotations

import pytest

from nn.errors import UserError
from nn.runs.sweep_group import create_sweep, find_sweep
from pages.server import runs_api
from pages.sweep import plan
from pages.sweep.plan import SUGGESTED

BASE = {**runs_api.DEFAULTS, "hidden": "128", "dataset": "strokes", "epochs": 1}


def test_every_combination_is_trained_with_each_seed_and_its_size_is_said() -> None:
    rows = [("lr", "0.01, 0.1, 1"), ("hidden", "32/64,32")]
    made = plan.make(rows, BASE, seeds=5, draws=1)
    assert len(made.specs) == 30 and made.fields == ["hidden", "lr"]
    assert {spec.seed for spec in made.specs} == {0, 1, 2, 3, 4}
    assert {spec.dataset for spec in made.specs} == {"strokes"}
    assert plan.in_words(made, rows) == "3 × 2 configurations × 5 seeds = 30 runs"


def test_random_values_are_drawn_as_often_as_asked() -> None:
    rows = [("lr", "random:log:0.001..1")]
    made = plan.make(rows, BASE, seeds=1, draws=4)
    assert plan.in_words(made, rows) == "4 configurations × 1 seed = 4 runs"


@pytest.mark.parametrize("field", SUGGESTED)
def test_the_suggested_values_of_every_setting_make_a_sweep(field) -> None:
    assert plan.make([(field, SUGGESTED[field])], BASE, 1, 1).fields == [field]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "Add a setting"),
        ([("lr", " ")], "needs values"),
        ([("lr", "0..")], "must be LOW..HIGH:COUNT"),
        ([("lr", "-1")], "must be a number from 0"),
        ([("lr", "1"), ("lr", "2")], "is listed twice"),
        ([("dataset", "mnist")], "cannot be swept"),
        ([("init_from", "somebody@1")], "cannot be swept"),
    ],
)
def test_what_is_not_possible_says_why(rows, message) -> None:
    with pytest.raises(UserError, match=message):
        plan.make(rows, BASE, 1, 1)


def test_a_sweep_of_the_page_is_found_again_by_whoever_looks_and_only_as_a_whole(store) -> None:
    made = plan.make([("lr", "0.1, 1")], BASE, 2, 1)
    group = create_sweep(store, made.specs, made.fields, owner="visitor")
    assert (group.kind, group.owner, group.options["fields"]) == ("sweep", "visitor", ["lr"])
    assert find_sweep(store, made.specs[::-1]) == group
    assert find_sweep(store, made.specs, "visitor") == group
    assert find_sweep(store, made.specs, "another") is None
    assert {run.name for run in store.runs(group.runs)} == {
        "lr 0.1, seed 0", "lr 0.1, seed 1", "lr 1, seed 0", "lr 1, seed 1",
    }  # fmt: skip
    store.delete(group.runs[0])
    assert find_sweep(store, made.specs) is None
