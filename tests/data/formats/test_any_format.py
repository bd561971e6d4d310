from __future__ import annotations

import os

import numpy as np
import pytest

from nn.data.formats import any_format
from nn.errors import UserError

NAMES = ["a.csv", "A.CSV", "b.npz", "c-images-idx3-ubyte", "d-images-idx3-ubyte.gz", "folder"]


def assert_same(one, other):
    np.testing.assert_array_equal(one.images, other.images, strict=True)
    np.testing.assert_array_equal(one.labels, other.labels, strict=True)


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", NAMES)
def test_converting_between_any_two_formats_keeps_images_and_order(tmp_path, noise, first, second):
    written = noise(25)
    any_format.write(written, tmp_path / first)
    any_format.write(any_format.read(tmp_path / first), tmp_path / f"2-{second}")
    assert_same(any_format.read(tmp_path / f"2-{second}"), written)


@pytest.mark.parametrize("name", ["a.csv", "d-images-idx3-ubyte.gz", "folder"])
def test_progress_of_long_loops_is_reported(tmp_path, noise, name):
    shown = []

    def progress(items):
        shown.append(len(items))
        yield from items

    any_format.write(noise(5), tmp_path / name, progress)
    assert shown and all(shown)
    if name != "d-images-idx3-ubyte.gz":  # reading this one is fast
        any_format.read(tmp_path / name, progress=progress)
        assert len(shown) == 2 and shown[1]


@pytest.mark.parametrize("name", ["a.csv", "b.npz", "c-images-idx3-ubyte", "folder", "x.txt", ""])
def test_a_missing_file_is_named_in_the_error(tmp_path, name):
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(UserError, match=rf"^{tmp_path / name}"):
        any_format.read(tmp_path / name)


@pytest.mark.parametrize("name", ["x.txt", "image.png", "a-labels-idx1-ubyte", "there"])
def test_an_unknown_format_is_rejected_with_a_list_of_supported_ones(tmp_path, noise, name):
    (tmp_path / "there").write_text("a file, no folder")
    for act in (lambda path: any_format.write(noise(3), path), any_format.read):
        with pytest.raises(UserError, match=rf"{name}.*csv"):
            act(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_failed_write_leaves_existing_files_unchanged(tmp_path, noise):
    def fail(items):
        yield from items[:1]
        raise KeyboardInterrupt

    for name in ("a.csv", "c-images-idx3-ubyte", "folder"):
        if name != "folder":
            (tmp_path / name).write_text("older")
        with pytest.raises(KeyboardInterrupt):
            any_format.write(noise(3), tmp_path / name, fail)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "a.csv": "older", "c-images-idx3-ubyte": "older",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_loaded_file_is_decoded_once_until_it_changes(tmp_path, noise, monkeypatch, home, name):
    decoded, read = [], any_format.read
    monkeypatch.setattr(any_format, "read", lambda path: decoded.append(path) or read(path))
    path, first, second = tmp_path / name, noise(12), noise(13, seed=1)

    def copies():
        return set((home / "cache").glob("files-*"))

    before = copies()
    any_format.write(first, path)
    for _ in range(2):
        found = any_format.load(path, "given")
        assert_same(found, first)
        assert isinstance(found.images, np.memmap) and found.name == "given"
    assert len(decoded) == 1

    if name == "folder":
        any_format.write(second, tmp_path / "other")
        path.rename(tmp_path / "older")
        (tmp_path / "other").rename(path)
    else:
        any_format.write(second, path)
    assert_same(any_format.load(path, "given"), second)
    assert len(decoded) == 2 and len(copies() - before) == 2  # no old copy is left


@pytest.mark.parametrize("name", ["c-labels-idx1-ubyte", "folder/9/9.png"])
def test_a_change_of_any_file_of_a_dataset_is_noticed(tmp_path, noise, name):
    source = noise(12)
    source.labels[9] = 9
    any_format.write(source, tmp_path / "c-images-idx3-ubyte")
    any_format.write(source, tmp_path / "folder")
    path = tmp_path / ("folder" if "folder" in name else "c-images-idx3-ubyte")
    first = any_format.load(path, "given")
    changed = tmp_path / name.replace("9.png", "000009.png")
    later = changed.stat().st_mtime + 1
    os.utime(changed, (later, later))
    assert any_format.load(path, "given").images.filename != first.images.filename


def test_loading_a_file_without_labels_is_a_user_error(tmp_path, noise):
    any_format.write(noise(12), tmp_path / "c-images-idx3-ubyte")
    (tmp_path / "c-labels-idx1-ubyte").unlink()
    for name in ("c-images-idx3-ubyte", "absent.csv"):
        with pytest.raises(UserError, match=r"c-labels-idx1-ubyte|absent\.csv"):
            any_format.load(tmp_path / name, "given")
