from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.data.dataset import Dataset, cached, hold_out, split, validated
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
def test_holding_out_everything_is_rejected(validation):
    with pytest.raises(UserError, match="5 training images"):
        hold_out(numbered(5), numbered(3), validation)


@given(count=st.integers(10, 300), seed=st.integers(0, 99))
def test_a_split_has_every_image_once_80_10_10_and_depends_on_the_seed_only(count, seed):
    whole = Dataset(np.arange(count)[:, None, None], np.arange(count) % 10, "numbered")
    splits = split(whole, seed, with_validation=True)

    sizes = len(splits.train), len(splits.validation), len(splits.test)
    assert sizes == (count - 2 * (count // 10), count // 10, count // 10)
    parts = [splits.train, splits.validation, splits.test]
    numbers = np.concatenate([part.images.ravel() for part in parts])
    assert sorted(numbers) == list(range(count))
    for part in parts:
        np.testing.assert_array_equal(part.labels, part.images.ravel() % 10)

    again = split(whole, seed, with_validation=True)
    assert_same(again.train, splits.train)
    assert_same(again.test, splits.test)
    two_parts = split(whole, seed, with_validation=False)
    assert_same(two_parts.test, splits.test)
    assert (len(two_parts.train), len(two_parts.validation)) == (count - count // 10, 0)


def test_another_seed_gives_another_split():
    one, other = (split(numbered(100), seed, with_validation=True).test for seed in (0, 1))
    assert not np.array_equal(one.images, other.images)


def test_fewer_than_ten_images_are_not_split():
    with pytest.raises(UserError, match="at least 10"):
        split(numbered(9), 0, with_validation=False)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint64, ">i2"])
def test_integers_of_any_type_become_bytes(dtype):
    images = np.full((2, 28, 28), 255, dtype)
    found = validated(images, np.array([0, 9], dtype), "name", ("a", "b"))
    assert found.images.dtype == found.labels.dtype == np.uint8
    assert_same(found, Dataset(np.full((2, 28, 28), 255), np.array([0, 9]), "name"))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 20, 20)), [1, 2], "images.idx: .* 28 × 28.*2 × 20 × 20"),
        (np.zeros((2, 784)), [1, 2], "images.idx: .* 28 × 28.*2 × 784"),
        (np.zeros(()), [1, 2], "images.idx: .* 28 × 28"),
        (np.zeros((2, 28, 28)), [1], "images.idx has 2 images but labels.idx has 1 labels"),
        (np.zeros((2, 28, 28)), [[1, 2]], "images.idx has 2 images but labels.idx"),
        (np.zeros((2, 28, 28)), 1, "images.idx has 2 images but labels.idx"),
        (np.zeros((0, 28, 28)), [], "images.idx has no images"),
        (np.zeros((2, 28, 28)), [1, 10], "labels.idx: expected labels from 0 to 9, got 10"),
        (np.zeros((2, 28, 28)), [-1, 9], "labels.idx: expected labels from 0 to 9, got -1"),
        (np.full((2, 28, 28), 256), [1, 2], "images.idx: expected pixels from 0 to 255, .* 256"),
        (np.full((2, 28, 28), -1), [1, 2], "images.idx: expected pixels from 0 to 255, .* -1"),
    ],
)
def test_invalid_arrays_are_rejected_by_the_name_of_their_file(images, labels, message):
    with pytest.raises(UserError, match=rf"^{message}.*\.$"):
        validated(images.astype(int), np.array(labels, int), "n", ("images.idx", "labels.idx"))


def test_a_dataset_is_made_once_and_then_mapped_from_the_cache():
    first = cached("once", lambda: numbered(4), "numbered")

    def again() -> Dataset:
        raise AssertionError("made twice")

    second = cached("once", again, "numbered")
    for found in (first, second):
        assert_same(found, numbered(4))
        assert isinstance(found.images, np.memmap) and not found.images.flags.writeable
    assert_same(cached("another key", lambda: numbered(5), "numbered"), numbered(5))


def test_a_new_version_removes_the_older_and_nothing_else(home):
    for key in ("a-b-1", "a-bc-1", "a-b-2"):
        cached(key, lambda: numbered(4), "numbered")
    found = sorted(path.name for path in (home / "cache").glob("a-b*"))
    assert found == [
        "a-b-2-images.npy", "a-b-2-labels.npy", "a-bc-1-images.npy", "a-bc-1-labels.npy",
    ]  # fmt: skip


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


def test_a_dataset_that_cannot_be_kept_is_used_all_the_same(home, monkeypatch):
    def fill_the_disk(file, array) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", fill_the_disk)
    assert_same(cached("large", lambda: numbered(4), "named"), replace(numbered(4), name="named"))
    assert not [path for path in (home / "cache").iterdir() if "large" in path.name]


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
