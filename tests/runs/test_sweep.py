"""The grammar of sweeps and the configurations that they make."""

from __future__ import annotations

import itertools
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.errors import FieldError, UserError
from nn.runs import sweep
from nn.runs.spec import RunSpec

SETTINGS = {"lr": "random:log:0.001..1", "batch_size": "random:16..256", "hidden": "8/none"}


@pytest.mark.parametrize(
    ("field", "text", "values"),
    [
        ("lr", "0.01,0.1, 1", [0.01, 0.1, 1]),
        ("hidden", "32;64,32", [(32,), (64, 32)]),
        ("hidden", "32/64,32/none", [(32,), (64, 32), ()]),
        ("optimizer", "sgd,adam", ["sgd", "adam"]),
        ("nesterov", "true,false", [True, False]),
        ("dropout", "0..0.5:6", [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ("lr", "log:0.001..1:4", [0.001, 0.01, 0.1, 1]),
        ("epochs", "1..3:9", [1, 2, 3]),
        ("batch_size", "log:16..256:5", [16, 32, 64, 128, 256]),
        ("dataset", "/data/../a.npz", ["/data/../a.npz"]),
    ],
)
def test_lists_and_ranges(field, text, values):
    parsed = sweep.parse(field, text)
    assert parsed == values
    for value in parsed:
        RunSpec.from_dict({field: value})


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("lr", "0.1..1", "needs a number of values"),
        ("lr", "0.1..1:1", "from 2 to 1,000"),
        ("lr", "0.1..1:100000", "from 2 to 1,000"),
        ("lr", "a..b:3", "must be LOW..HIGH:COUNT"),
        ("lr", "log:0.1,1", "must be LOW..HIGH:COUNT"),
        ("lr", "nan..1:3", "from a lower to a higher"),
        ("lr", "1..0.1:3", "from a lower to a higher"),
        ("dropout", "0..2:3", "within 0 and 0.95"),
        ("dropout", "log:0..0.5:3", "above 0 with log"),
        ("lr", "random:0.1..1:3", "without a number of values"),
        ("hidden", "wide/8", "hidden must be layer widths"),
    ],
)
def test_a_text_of_another_form_is_named_with_its_field(field, text, expected):
    with pytest.raises(FieldError, match=expected.replace("..", r"\.\.")) as error:
        sweep.parse(field, text)
    assert error.value.field == field


@given(st.floats(1e-4, 1), st.floats(1.001, 1000), st.integers(2, 50), st.booleans())
def test_a_range_begins_and_ends_at_its_ends_and_rises(low, ratio, count, is_log):
    high = low * ratio
    log = "log:" if is_log else ""
    values = sweep.parse("lr", f"{log}{low!r}..{high!r}:{count}")
    assert np.isclose(values[0], low) and np.isclose(values[-1], high)
    assert len(values) == count
    assert all(a < b for a, b in itertools.pairwise(values))


@given(st.floats(1e-6, 900), st.floats(1.01, 1000), st.booleans(), st.integers(0, 2**32 - 1))
def test_random_values_lie_in_their_range(low, ratio, is_log, seed):
    high = min(low * ratio, 1000.0)
    draw = sweep.parse("lr", f"random:{'log:' * is_log}{low!r}..{high!r}")
    for _ in range(5):
        value = draw(np.random.default_rng(seed))
        assert low * 0.999 <= value <= high * 1.001
        RunSpec(lr=min(value, 1000.0))


def test_random_whole_numbers_include_both_ends():
    rng = np.random.default_rng(0)
    draw = sweep.parse("epochs", "random:1..3")
    assert {draw(rng) for _ in range(99)} == {1, 2, 3}


def test_random_values_of_a_list():
    draw = sweep.parse("activation", "random:relu,tanh")
    rng = np.random.default_rng(0)
    assert {draw(rng) for _ in range(50)} == {"relu", "tanh"}


def test_draws_are_reproducible_and_more_of_them_begin_with_the_same():
    few = sweep.configurations(SETTINGS, 3, seed=1)
    assert few == sweep.configurations(SETTINGS, 3, seed=1)
    assert few == sweep.configurations(SETTINGS, 5, seed=1)[: len(few)]
    assert few != sweep.configurations(SETTINGS, 3, seed=2)
    assert len(few) == 6  # 3 draws with each of 2 networks
    assert len({row["lr"] for row in few}) == len({row["batch_size"] for row in few}) == 3


def test_all_combinations_without_duplicates():
    changes = sweep.configurations({"lr": "0.1,1,0.1", "hidden": "8/none"})
    assert changes == [{"lr": lr, "hidden": hidden} for lr in (0.1, 1) for hidden in ((8,), ())]
    base = asdict(RunSpec(seed=5))
    specs = sweep.with_seeds([RunSpec.from_dict(base | change) for change in changes], 2)
    assert [spec.seed for spec in specs] == [5, 6] * 4
    assert len(sweep.with_seeds([RunSpec(lr=0.1), RunSpec()], 3)) == 3  # lr is 0.1 anyway


@pytest.mark.parametrize(
    ("settings", "draws", "expected"),
    [
        ({"lr": "random:0.1..1"}, None, "--draws"),
        ({"lr": "0.1"}, 3, "nothing to draw"),
        ({"speed": "1,2"}, None, "no field 'speed'"),
        ({"lr": "0.1..1:40", "momentum": "0..0.9:40"}, None, "at most 1,000 runs.*make 1,600"),
        ({"lr": "random:0.1..1"}, 10**9, "at most 1,000 runs"),
    ],
)
def test_what_makes_no_sweep(settings, draws, expected):
    with pytest.raises(UserError, match=expected):
        sweep.configurations(settings, draws)


@pytest.mark.parametrize(
    ("first_seeds", "seeds", "expected"),
    [([1, 2], 2, "either"), ([0], 0, "1 or more"), ([0], 1001, "at most")],
)
def test_what_makes_no_runs(first_seeds, seeds, expected):
    with pytest.raises(UserError, match=expected):
        sweep.with_seeds([RunSpec(seed=seed) for seed in first_seeds], seeds)


def test_the_fingerprint_is_of_the_runs_in_any_order():
    specs = [RunSpec(), RunSpec(lr=1.0)]
    assert sweep.fingerprint(specs) == sweep.fingerprint(specs[::-1])
    assert sweep.fingerprint(specs) != sweep.fingerprint(specs[:1])
