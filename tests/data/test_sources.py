from __future__ import annotations

import os

import numpy as np
import pytest

from nn.data import mnist, sources
from nn.data.formats import any_format
from nn.data.synthetic import handwriting
from nn.errors import UserError


@pytest.mark.parametrize("name", sources.DATASETS)
def test_a_name_stays_and_a_path_becomes_absolute(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / name).mkdir()
    assert sources.resolve_dataset(name) == name  # even if there is a folder of that name
    for text in (f"./{name}", f"~/{name}", str(tmp_path / name)):
        assert sources.resolve_dataset(text) == str(tmp_path / name)


@pytest.mark.parametrize(
    "text", ["emnist", "", "no/such.csv", "\0", "\ud800", "x" * 5000, "~nobody/x"]
)
def test_an_unknown_dataset_is_rejected_with_the_possible_ones(text):
    with pytest.raises(UserError, match=r"^dataset must be one of mnist, strokes, .*csv.*\.$"):
        sources.resolve_dataset(text)


@pytest.mark.parametrize("name", ["data.csv", "data.npz", "data-images-idx3-ubyte.gz", "data"])
def test_files_are_split_by_seed(tmp_path, noise, name):
    any_format.write(noise(50), tmp_path / name)
    data = str(tmp_path / name)
    splits = sources.load_splits(data, 5000, 0)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [40, 5, 5]
    assert splits.train.name == name
    again, other = sources.load_splits(data, 5000, 0), sources.load_splits(data, 5000, 1)
    np.testing.assert_array_equal(again.test.images, splits.test.images)
    assert not np.array_equal(other.test.images, splits.test.images)
    two_parts = sources.load_splits(data, 0, 0)
    assert [len(part) for part in (two_parts.train, two_parts.validation, two_parts.test)] == [
        45,
        0,
        5,
    ]


def test_a_folder_with_the_file_names_of_mnist_has_its_own_test_set(tmp_path, noise):
    any_format.write(noise(50), tmp_path / "train-images-idx3-ubyte.gz")
    any_format.write(noise(7, seed=1), tmp_path / "t10k-images-idx3-ubyte")
    splits = sources.load_splits(str(tmp_path), 20, 0)
    assert [len(part) for part in (splits.train, splits.validation)] == [30, 20]
    np.testing.assert_array_equal(splits.test.images, noise(7, seed=1).images)
    assert splits.train.name == tmp_path.name


def test_named_datasets_hold_out_the_last_training_images(monkeypatch, noise):
    for module in (mnist, handwriting):
        monkeypatch.setattr(module, "load", lambda: (noise(50), noise(7, seed=1)))
    for name in sources.DATASETS:
        splits = sources.load_splits(name, 20, 0)
        np.testing.assert_array_equal(splits.validation.images, noise(50).images[30:])
        assert len(splits.test) == 7


def test_missing_or_too_few_images_are_a_user_error(tmp_path, noise):
    any_format.write(noise(9), tmp_path / "few.npz")
    with pytest.raises(UserError, match=r"few\.npz has 9 images"):
        sources.load_splits(str(tmp_path / "few.npz"), 0, 0)
    os.unlink(tmp_path / "few.npz")
    with pytest.raises(UserError, match="there is no"):
        sources.load_splits(str(tmp_path / "few.npz"), 0, 0)


def test_only_the_first_training_images_are_used_when_asked():
    whole = sources.load_splits("strokes", 1000, 0)
    few = sources.load_splits("strokes", 1000, 0, train_size=500)
    np.testing.assert_array_equal(few.train.images, whole.train.images[:500])
    np.testing.assert_array_equal(few.train.labels, whole.train.labels[:500])
    assert len(few.validation) == 1000
    assert len(few.test) == len(whole.test)
    more = sources.load_splits("strokes", 1000, 0, train_size=10_000_000)
    assert len(more.train) == len(whole.train)
