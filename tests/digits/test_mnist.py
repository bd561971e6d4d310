from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from nn.digits import mnist as mnist_files
from nn.digits.dataset import Dataset
from nn.errors import UserError

STEMS = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


def write(folder: Path, stem: str, array: np.ndarray, pack=gzip.compress) -> None:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    name = f"{stem}.gz" if pack is gzip.compress else stem
    (folder / name).write_bytes(pack(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()))


def fill(folder: Path, train: Dataset, test: Dataset, pack=gzip.compress) -> None:
    arrays = (train.images, train.labels, test.images, test.labels)
    for stem, array in zip(STEMS, arrays, strict=True):
        write(folder, stem, array, pack)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The empty folder that DIGITSCOPE_DATA names."""
    monkeypatch.setenv("DIGITSCOPE_DATA", str(tmp_path))
    return tmp_path


def test_where_nothing_is_nothing_is_found_and_loading_says_what_to_do(folder):
    assert mnist_files.find() is None
    with pytest.raises(UserError, match="DIGITSCOPE_DATA"):
        mnist_files.load()


@pytest.mark.parametrize("missing", STEMS)
def test_three_of_four_files_are_not_found(folder, pictures, missing):
    fill(folder, pictures(3), pictures(2))
    (folder / f"{missing}.gz").unlink()
    assert mnist_files.find() is None


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_four_files_are_loaded_as_they_were_written(folder, pictures, pack):
    written = pictures(12), pictures(7, seed=1)
    fill(folder, *written, pack)

    assert mnist_files.find() == folder
    for found, ours in zip(mnist_files.load(), written, strict=True):
        np.testing.assert_array_equal(found.images, ours.images, strict=True)
        np.testing.assert_array_equal(found.labels, ours.labels, strict=True)
        assert found.name == "mnist"


def test_the_folder_in_the_home_is_found_when_none_is_named(tmp_path, monkeypatch, pictures):
    monkeypatch.delenv("DIGITSCOPE_DATA", raising=False)
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    fill(tmp_path / "mnist", pictures(3), pictures(2))

    assert mnist_files.find() == tmp_path / "mnist"


@pytest.mark.parametrize(
    "stem, array, sentence",
    [
        ("train-images-idx3-ubyte", np.zeros((3, 20, 20), np.uint8), "28 × 28"),
        ("train-images-idx3-ubyte", np.zeros((4, 28, 28), np.uint8), "4 pictures .* 3 labels"),
        ("t10k-labels-idx1-ubyte", np.array([3, 10], np.uint8), "from 0 to 9, found .*10"),
        ("t10k-labels-idx1-ubyte", np.zeros(3, np.uint8), "2 pictures .* 3 labels"),
    ],
    ids=["other size", "too many pictures", "label 10", "too many labels"],
)
def test_files_that_cannot_be_mnist_are_refused_by_name(folder, pictures, stem, array, sentence):
    fill(folder, pictures(3), pictures(2))
    write(folder, stem, array)
    with pytest.raises(UserError, match=sentence) as refused:
        mnist_files.load()
    assert stem in str(refused.value)


def test_empty_files_are_refused(folder, pictures):
    fill(folder, pictures(3)[:0], pictures(2))
    with pytest.raises(UserError, match="labels from 0 to 9"):
        mnist_files.load()


def test_a_changed_file_is_decoded_afresh_and_an_unchanged_one_is_not(
    folder, pictures, monkeypatch
):
    fill(folder, pictures(3), pictures(2), bytes)
    mnist_files.load()
    changed = pictures(3, seed=1).images
    write(folder, "train-images-idx3-ubyte", changed, bytes)
    later = (folder / "train-labels-idx1-ubyte").stat().st_mtime + 1
    os.utime(folder / "train-images-idx3-ubyte", (later, later))  # size is unchanged

    decoded, read = [], mnist_files.read_idx
    monkeypatch.setattr(
        mnist_files, "read_idx", lambda path, n: decoded.append(path.name) or read(path, n)
    )
    np.testing.assert_array_equal(mnist_files.load()[0].images, changed)

    assert decoded == ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]


def test_real_mnist_is_what_it_is_known_to_be(mnist):
    train, test = mnist
    assert (train.images.shape, train.labels.shape) == ((60_000, 28, 28), (60_000,))
    assert (test.images.shape, test.labels.shape) == ((10_000, 28, 28), (10_000,))
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test.labels[:3].tolist() == [7, 2, 1]
    # Ink is bright, on an empty ground.
    assert train.images.max() == 255
    assert not train.images[:, 0, 0].any()
