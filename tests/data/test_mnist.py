from __future__ import annotations

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from nn.data import mnist as mnist_files
from nn.data.dataset import Dataset
from nn.data.formats import idx
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
    """The empty folder that DIGITSCOPE_DATA is set to."""
    monkeypatch.setenv("DIGITSCOPE_DATA", str(tmp_path))
    return tmp_path


def test_without_mnist_none_is_found_and_loading_explains_how_to_get_it(folder):
    assert mnist_files.find() is None
    with pytest.raises(UserError, match="DIGITSCOPE_DATA"):
        mnist_files.load()


@pytest.mark.parametrize("missing", STEMS)
def test_three_of_the_four_files_are_not_enough(folder, noise, missing):
    fill(folder, noise(3), noise(2))
    (folder / f"{missing}.gz").unlink()
    assert mnist_files.find() is None


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_four_files_are_loaded_unchanged(folder, noise, pack):
    written = noise(12), noise(7, seed=1)
    fill(folder, *written, pack)

    assert mnist_files.find() == folder
    for found, ours in zip(mnist_files.load(), written, strict=True):
        np.testing.assert_array_equal(found.images, ours.images, strict=True)
        np.testing.assert_array_equal(found.labels, ours.labels, strict=True)
        assert found.name == "mnist"


def test_the_download_folder_is_found_when_no_folder_is_set(tmp_path, monkeypatch, noise):
    monkeypatch.delenv("DIGITSCOPE_DATA", raising=False)
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    fill(tmp_path / "mnist", noise(3), noise(2))

    assert mnist_files.find() == tmp_path / "mnist"


def test_invalid_files_are_named_in_the_error(folder, noise):
    fill(folder, noise(3), noise(2))
    write(folder, "t10k-labels-idx1-ubyte", np.array([3, 10], np.uint8))
    with pytest.raises(UserError, match=r"t10k-labels-idx1-ubyte\.gz: .*from 0 to 9, got 10"):
        mnist_files.load()


def test_another_folder_is_loaded_under_its_own_name(folder, tmp_path, noise):
    other = tmp_path / "other"
    other.mkdir()
    assert not mnist_files.is_complete(other)
    fill(folder, noise(3), noise(2))
    fill(other, noise(4), noise(5))
    assert mnist_files.is_complete(other)
    assert [(len(part), part.name) for part in mnist_files.load(other)] == [
        (4, "other"), (5, "other"),
    ]  # fmt: skip


def test_only_a_changed_file_is_decoded_again(folder, noise, monkeypatch):
    fill(folder, noise(3), noise(2), bytes)
    mnist_files.load()
    changed = noise(3, seed=1).images
    write(folder, "train-images-idx3-ubyte", changed, bytes)
    later = (folder / "train-labels-idx1-ubyte").stat().st_mtime + 1
    os.utime(folder / "train-images-idx3-ubyte", (later, later))  # with the same size

    decoded, read = [], idx.read_array
    monkeypatch.setattr(
        idx, "read_array", lambda path, *rest: decoded.append(path.name) or read(path, *rest)
    )
    np.testing.assert_array_equal(mnist_files.load()[0].images, changed)

    assert decoded == ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]


def test_the_real_mnist_has_its_known_shapes_and_labels(mnist):
    train, test = mnist
    assert (train.images.shape, train.labels.shape) == ((60_000, 28, 28), (60_000,))
    assert (test.images.shape, test.labels.shape) == ((10_000, 28, 28), (10_000,))
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test.labels[:3].tolist() == [7, 2, 1]
    # Strokes are bright on 0.
    assert train.images.max() == 255
    assert not train.images[:, 0, 0].any()


def test_the_registered_checksums_are_those_of_the_real_files(mnist_folder):
    if not all((mnist_folder / name).is_file() for name in mnist_files.FILES):
        pytest.skip("This needs MNIST's gzipped files.")
    for name, (sha256, size) in mnist_files.FILES.items():
        data = (mnist_folder / name).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (sha256, size)


@pytest.fixture
def mirrors(tmp_path, monkeypatch, server, noise):
    """Two mirrors of a small MNIST, which is not here → the first one's files: path → bytes."""
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DIGITSCOPE_DATA", raising=False)
    made = tmp_path / "made"
    made.mkdir()
    fill(made, noise(3), noise(2))
    files = {name: (made / name).read_bytes() for name in mnist_files.FILES}
    known = {name: (hashlib.sha256(d).hexdigest(), len(d)) for name, d in files.items()}
    monkeypatch.setattr(mnist_files, "FILES", known)
    monkeypatch.setattr(mnist_files, "MIRRORS", (f"{server.url}/one/", f"{server.url}/two/"))
    server.files |= {f"/two/{name}": data for name, data in files.items()}
    first = {f"/one/{name}": data for name, data in files.items()}
    server.files |= first
    return first


def test_mnist_is_downloaded_from_the_first_mirror_and_then_found(server, mirrors):
    reported = []
    folder = mnist_files.download(lambda done, total: reported.append((done, total)))

    total = sum(map(len, mirrors.values()))
    assert server.requested == list(mirrors)
    assert [done for done, _ in reported] == sorted(done for done, _ in reported)
    assert reported[-1] == (total, total) and all(whole == total for _, whole in reported)
    assert mnist_files.find() == mnist_files.download_folder() == folder
    assert [len(part) for part in mnist_files.load()] == [3, 2]
    assert sorted(path.name for path in folder.iterdir()) == sorted(mnist_files.FILES)


def test_a_missing_file_comes_from_the_next_mirror_and_valid_files_are_kept(server, mirrors):
    names = list(mnist_files.FILES)
    del server.files[f"/one/{names[2]}"]
    mnist_files.download()
    assert server.requested == [
        *(f"/one/{name}" for name in names[:3]), *(f"/two/{name}" for name in names[2:]),
    ]  # fmt: skip
    assert mnist_files.find()

    server.requested.clear()
    (mnist_files.download_folder() / names[1]).write_bytes(b"damaged")
    mnist_files.download()
    assert server.requested == [f"/one/{names[1]}"]
    assert len(mnist_files.load()) == 2


def test_when_all_mirrors_fail_each_is_named_and_nothing_is_found(server, mirrors):
    server.files.clear()
    with pytest.raises(UserError, match=r"/one/\S+: .*404.* .*/two/\S+: .*404.*try again\.$"):
        mnist_files.download()
    assert mnist_files.find() is None and not list(mnist_files.download_folder().iterdir())
