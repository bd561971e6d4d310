"""Own digits: kept as they are, and about a tenth of what is learned."""

from __future__ import annotations

import numpy as np
import pytest

from nn.data import extra_data, sources
from nn.data.dataset import Dataset
from nn.data.synthetic import handwriting
from nn.errors import UserError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))


def some(count: int, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    return Dataset(images, rng.integers(0, 10, count).astype(np.uint8), "some")


def test_what_is_kept_is_read_as_it_was_under_a_name_of_its_own():
    one, other = some(7), some(7, seed=1)
    path = extra_data.save(one)
    assert extra_data.save(one) == path != extra_data.save(other)
    assert extra_data.save(Dataset(one.images, 9 - one.labels, "")) != path
    found = extra_data.read(path)
    np.testing.assert_array_equal(found.images, one.images)
    np.testing.assert_array_equal(found.labels, one.labels)


def test_a_file_that_is_gone_or_is_none_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"gone: there is no file mine\.npz\.$"):
        extra_data.read(tmp_path / "mine.npz")
    (tmp_path / "mine.npz").write_bytes(b"no archive")
    with pytest.raises(UserError, match="is not a valid"):
        extra_data.read(tmp_path / "mine.npz")


@pytest.mark.parametrize("count", [1, 5, 89, 90, 400, 5000])
def test_all_are_learned_equally_often_and_are_about_a_tenth(count):
    train, digits = some(9000, seed=2), some(count)
    both = extra_data.add_to(train, digits)
    np.testing.assert_array_equal(both.images[:9000], train.images)
    times, left = divmod(len(both) - 9000, count)
    assert not left and 1 <= times <= extra_data.MOST
    np.testing.assert_array_equal(both.images[9000:], np.tile(digits.images, (times, 1, 1)))
    np.testing.assert_array_equal(both.labels[9000:], np.tile(digits.labels, times))
    share = 1 - 9000 / len(both)
    assert abs(share - extra_data.SHARE) < 0.03 or times in (1, extra_data.MOST)


def test_they_are_learned_beside_a_dataset_and_nothing_is_tested_with_them(monkeypatch):
    monkeypatch.setattr(
        handwriting, "load", lambda: (handwriting.make(500, 1), handwriting.make(100, 2))
    )
    digits = some(5)
    without = sources.load_splits("strokes", 100, 0)
    both = sources.load_splits("strokes", 100, 0, str(extra_data.save(digits)))
    assert len(both.train) == len(extra_data.add_to(without.train, digits)) > len(without.train)
    for ours, theirs in (both.validation, without.validation), (both.test, without.test):
        np.testing.assert_array_equal(ours.images, theirs.images)
