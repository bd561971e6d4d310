from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.digits.dataset import Dataset, cached, hold_out
from nn.errors import UserError


def numbered(count: int) -> Dataset:
    number = np.arange(count, dtype=np.uint8)
    return Dataset(np.tile(number[:, None, None], (1, 2, 2)), number % 10, "numbered")


def assert_same(one: Dataset, other: Dataset) -> None:
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert (one.name, len(one)) == (other.name, len(other))


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_holding_out_splits_the_training_set_in_two_and_leaves_the_test_set(sizes):
    count, validation = sizes
    train, test = numbered(count), numbered(3)

    splits = hold_out(train, test, validation)

    assert_same(splits.train, train[: count - validation])
    assert_same(splits.validation, train[count - validation :])
    assert len(splits.validation) == validation
    assert_same(splits.test, test)


@pytest.mark.parametrize("validation", [5, 6])
def test_holding_out_everything_is_refused(validation):
    with pytest.raises(UserError, match="5 training pictures"):
        hold_out(numbered(5), numbered(3), validation)


def test_a_dataset_is_made_once_and_then_mapped_from_the_cache():
    first = cached("once", lambda: numbered(4), "numbered")

    def again() -> Dataset:
        raise AssertionError("made twice")

    second = cached("once", again, "numbered")
    for found in (first, second):
        assert_same(found, numbered(4))
        assert isinstance(found.images, np.memmap) and not found.images.flags.writeable
    assert_same(cached("another key", lambda: numbered(5), "numbered"), numbered(5))


def test_a_dataset_that_was_not_finished_is_made_anew(home):
    cached("unfinished", lambda: numbered(4), "numbered")
    (home / "cache" / "unfinished-labels.npy").unlink()

    assert_same(cached("unfinished", lambda: numbered(5), "numbered"), numbered(5))


def test_a_dataset_that_cannot_be_made_leaves_nothing_behind(home):
    def fail() -> Dataset:
        raise UserError("No.")

    with pytest.raises(UserError):
        cached("failing", fail, "numbered")

    assert not list((home / "cache").glob("failing*"))


def test_many_may_make_the_same_dataset_at_once(home, monkeypatch):
    together, save = Barrier(4), np.save

    def save_together(file, array) -> None:
        together.wait(timeout=10)  # each has found an empty cache and opened its file
        save(file, array)

    monkeypatch.setattr(np, "save", save_together)
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(cached, "crowd", lambda: numbered(200), "numbered") for _ in range(4)]
    found = [each.result() for each in made]

    for each in found:
        assert_same(each, numbered(200))
    assert len(list((home / "cache").glob("crowd*"))) == 2, "no parts are left"
