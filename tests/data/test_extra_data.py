"""Extra data: saved unchanged, and about a tenth of the training set."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from nn.data import extra_data, sources
from nn.data.dataset import Dataset
from nn.data.formats import npz
from nn.data.synthetic import handwriting
from nn.errors import UserError
from nn.support import limits


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))


def some(count: int, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    return Dataset(images, rng.integers(0, 10, count).astype(np.uint8), "some")


def test_saved_images_are_read_back_and_named_by_content():
    one, other = some(7), some(7, seed=1)
    path = extra_data.save(one)
    assert extra_data.save(one) == path != extra_data.save(other)
    assert extra_data.save(Dataset(one.images, 9 - one.labels, "")) != path
    found = extra_data.read(path)
    np.testing.assert_array_equal(found.images, one.images)
    np.testing.assert_array_equal(found.labels, one.labels)


def test_a_missing_or_invalid_file_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match=r"not found: there is no file extra\.npz\.$"):
        extra_data.read(tmp_path / "extra.npz")
    (tmp_path / "extra.npz").write_bytes(b"not an archive")
    with pytest.raises(UserError, match="is not a valid"):
        extra_data.read(tmp_path / "extra.npz")


def test_extra_data_has_a_limit_of_images(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "EXTRA_IMAGES", 6)
    npz.write(some(7), tmp_path / "many.npz")
    with pytest.raises(UserError, match="more than 6 images, the limit for extra data"):
        extra_data.read(tmp_path / "many.npz")
    npz.write(some(6), tmp_path / "few.npz")
    assert len(extra_data.read(tmp_path / "few.npz")) == 6


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_pipes_devices_and_folders_are_not_read(tmp_path):
    pipe, device, folder = (tmp_path / name for name in ("a.npz", "b.npz", "c.npz"))
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    folder.mkdir()
    for path in (pipe, device, Path("/dev/zero"), folder):
        with pytest.raises(UserError, match=f"{path} is not a regular file"):
            extra_data.read(path)


@pytest.mark.parametrize("count", [1, 5, 89, 90, 400, 5000])
def test_all_extra_images_are_repeated_equally_often_to_about_a_tenth(count):
    train, extra = some(9000, seed=2), some(count)
    both = extra_data.add_to(train, extra)
    np.testing.assert_array_equal(both.images[:9000], train.images)
    times, left = divmod(len(both) - 9000, count)
    assert not left and 1 <= times <= extra_data.MAX_REPEATS
    np.testing.assert_array_equal(both.images[9000:], np.tile(extra.images, (times, 1, 1)))
    np.testing.assert_array_equal(both.labels[9000:], np.tile(extra.labels, times))
    share = 1 - 9000 / len(both)
    assert abs(share - extra_data.TARGET_SHARE) < 0.03 or times in (1, extra_data.MAX_REPEATS)


def test_extra_data_is_added_to_the_training_set_only(monkeypatch):
    monkeypatch.setattr(
        handwriting, "load", lambda: (handwriting.make(500, 1), handwriting.make(100, 2))
    )
    extra = some(5)
    plain = sources.load_splits("strokes", 100, 0)
    both = sources.load_splits("strokes", 100, 0, str(extra_data.save(extra)))
    assert len(both.train) == len(extra_data.add_to(plain.train, extra)) > len(plain.train)
    for ours, theirs in (both.validation, plain.validation), (both.test, plain.test):
        np.testing.assert_array_equal(ours.images, theirs.images)
