"""The plan of a grid: two settings and their values, as configurations."""

from __future__ import annotations

import json

import pytest

from nn.errors import UserError
from nn.runs.spec import RunSpec
from pages.grid import plan
from pages.grid.plan import DEPTH, SUGGESTED, WIDTH
from pages.server import runs_api

BASE = {**runs_api.DEFAULTS, "hidden": "128", "dataset": "strokes"}


def hidden(made: plan.Plan) -> list[tuple[int, ...]]:
    return [spec.hidden for spec in made.specs()]


def test_width_times_depth_makes_the_hidden_layers_row_by_row() -> None:
    made = plan.make((WIDTH, "8, 16"), (DEPTH, "1,2,3"), BASE)
    assert hidden(made) == [(8,), (16,), (8, 8), (16, 16), (8, 8, 8), (16, 16, 16)]
    assert made.columns.labels == ["8", "16"]


def test_the_axes_may_be_the_other_way_round() -> None:
    made = plan.make((DEPTH, "1, 2"), (WIDTH, "8, 16"), BASE)
    assert hidden(made) == [(8,), (8, 8), (16,), (16, 16)]


def test_a_width_alone_is_that_of_all_layers_and_a_depth_alone_repeats_the_first() -> None:
    base = BASE | {"hidden": "40, 20"}
    assert hidden(plan.make((WIDTH, "8"), ("lr", "0.1"), base)) == [(8, 8)]
    assert hidden(plan.make((DEPTH, "0, 3"), ("lr", "0.1"), base)) == [(), (40, 40, 40)]


def test_other_settings_take_their_values_and_the_rest_is_the_base() -> None:
    made = plan.make(("optimizer", "sgd, adam"), ("lr", "0.1, 1e-3"), BASE | {"epochs": 2})
    specs = made.specs()
    assert [(spec.optimizer, spec.lr) for spec in specs] == [
        ("sgd", 0.1), ("adam", 0.1), ("sgd", 0.001), ("adam", 0.001),
    ]  # fmt: skip
    assert all(spec.epochs == 2 and spec.dataset == "strokes" for spec in specs)
    assert made.columns.labels == ["SGD", "Adam"]
    assert made.rows.labels == ["0.1", "0.001"]


def test_a_recorded_plan_is_the_same_plan() -> None:
    made = plan.make((WIDTH, "8, 16"), ("lr", "0.1, 1"), BASE)
    recorded = json.loads(json.dumps(made.options()))
    assert plan.from_options(recorded).specs() == made.specs()


@pytest.mark.parametrize("options", [{}, {"columns": "lr"}, {"columns": 3, "base": None}])
def test_a_group_that_is_no_grid_is_rejected(options) -> None:
    with pytest.raises(UserError, match="not started as a grid"):
        plan.from_options(options)


@pytest.mark.parametrize("setting", SUGGESTED)
def test_the_suggested_values_of_every_setting_make_a_grid(setting) -> None:
    other = "lr" if setting != "lr" else "seed"
    specs = plan.make((setting, SUGGESTED[setting]), (other, "0.5" if other == "lr" else "1"), BASE)
    assert len(specs.members()) == len(SUGGESTED[setting].split(","))


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        (("lr", "0.1"), ("lr", "0.2"), "two different settings"),
        (("lr", ""), ("seed", "1"), "Learning rate needs values"),
        (("lr", "fast"), ("seed", "1"), "Learning rate must be numbers"),
        ((WIDTH, "8.5"), ("seed", "1"), "must be numbers"),
        (("lr", "0.1, 0.10"), ("seed", "1"), "has a value twice"),
        (("lr", "-1"), ("seed", "1"), "Learning rate must be a number from 0"),
        ((WIDTH, "0"), ("seed", "1"), "Hidden layers must be"),
        (("optimizer", "sgd, magic"), ("seed", "1"), "Optimizer must be one of"),
        ((WIDTH, ",".join(map(str, range(1, 10)))), (DEPTH, "1,2,3,4,5,6,7,8"), "at most 64"),
        ((WIDTH, "8, 16"), (DEPTH, "0, 1"), "same configuration"),
    ],
)
def test_an_impossible_plan_says_what_to_change(columns, rows, message) -> None:
    with pytest.raises(UserError, match=message):
        plan.make(columns, rows, BASE)


def test_the_base_is_a_configuration_of_its_own() -> None:
    made = plan.make((WIDTH, "128"), (DEPTH, "1"), {**BASE, "hidden": "128"})
    assert made.specs() == [RunSpec(dataset="strokes")]
