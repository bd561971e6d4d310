from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image

from nn.data import mnist
from nn.data.formats import any_format
from nn.errors import UserError
from tests.cli.command_line import assert_error_message, nn, rows


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder of DIGITSCOPE_DATA, with a home folder for this test."""
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DIGITSCOPE_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def fill(folder, noise):
    any_format.write(noise(12), folder / "train-images-idx3-ubyte.gz")
    any_format.write(noise(7), folder / "t10k-images-idx3-ubyte.gz")


STROKES = {"dataset": "strokes", "images": 24_000, "location": "built in"}


def test_data_lists_datasets_and_their_locations(folder, noise):
    fill(folder, noise)
    expected = [{"dataset": "mnist", "images": 19, "location": str(folder)}, STROKES]
    assert rows(nn("data", "--json")) == expected
    lines = nn("data").stdout.splitlines()
    for line, row in zip(lines, expected, strict=True):
        assert row["dataset"] in line and f"{row['images']:,}" in line and row["location"] in line


def test_without_mnist_data_explains_how_to_get_it():
    result = nn("data", "--json")
    assert rows(result) == [STROKES]
    assert "--download" in result.stderr and "DIGITSCOPE_DATA" in result.stderr


def test_a_damaged_mnist_is_reported(folder, noise):
    fill(folder, noise)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(b"damaged")
    assert "t10k-images-idx3-ubyte.gz" in assert_error_message(nn("data"))


def test_download_fetches_missing_files_and_repairs_damaged_ones(tmp_path, monkeypatch, noise):
    fetched = []

    def fetch(url, path, sha256, size, progress):
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((made / path.name).read_bytes())
        fetched.append(path.name)
        progress(size)

    made = tmp_path / "made"
    made.mkdir()
    fill(made, noise)
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    known = {name: (hashlib.sha256(d).hexdigest(), len(d)) for name, d in files.items()}
    monkeypatch.setattr(mnist, "FILES", known)
    monkeypatch.setattr(mnist, "fetch", fetch)

    home = mnist.download_folder()
    expected = [{"dataset": "mnist", "images": 19, "location": str(home)}, STROKES]
    assert rows(nn("data", "--download", "--json")) == expected
    assert sorted(fetched) == sorted(known)
    (home / "t10k-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    assert rows(nn("data", "--download", "--json")) == expected
    assert fetched[4:] == ["t10k-labels-idx1-ubyte.gz"]


def test_an_installed_mnist_is_not_downloaded(folder, noise, monkeypatch):
    fill(folder, noise)
    monkeypatch.setattr(mnist, "fetch", pytest.fail)
    assert rows(nn("data", "--download", "--json"))[0]["location"] == str(folder)


def test_a_failed_download_is_reported(monkeypatch):
    def fetch(url, *_):
        raise UserError(f"{url}: dead.")

    monkeypatch.setattr(mnist, "fetch", fetch)
    message = assert_error_message(nn("data", "--download"))
    assert all(mirror in message for mirror in mnist.MIRRORS)


def test_convert_keeps_every_image(tmp_path, noise):
    written = noise(30)
    any_format.write(written, tmp_path / "a.csv")
    result = nn("convert", tmp_path / "a.csv", tmp_path / "b.npz")
    assert result.exit_code == 0 and "30 images" in result.stdout
    assert result.stderr == ""  # done at once: no bar
    found = any_format.read(tmp_path / "b.npz")
    np.testing.assert_array_equal(found.images, written.images)
    np.testing.assert_array_equal(found.labels, written.labels)


def test_convert_names_skipped_files_and_continues(tmp_path, noise):
    any_format.write(noise(5), tmp_path / "in")
    (tmp_path / "in" / "3" / "broken.png").write_bytes(b"")
    Image.new("RGB", (9, 9)).save(tmp_path / "in" / "unlabeled.png")
    result = nn("convert", tmp_path / "in", tmp_path / "out.csv")
    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if "broken.png" in line]
    assert [line for line in result.stderr.splitlines() if "unlabeled.png" in line]
    assert len(any_format.read(tmp_path / "out.csv")) == 5


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("absent.csv", "out.npz"),
        ("bad.csv", "out.npz"),
        ("bad.npz", "out.csv"),
        ("empty", "out.csv"),
        ("good.csv", "out.txt"),
        ("good.csv", "full"),
        ("good.csv", "none/out.npz"),
        ("good.csv", "bad.npz/out.npz"),
        ("good.csv", "/"),
        ("good.csv", "x" * 300),
        ("x" * 300, "out.csv"),
    ],
)
def test_a_failed_conversion_is_reported_and_writes_nothing(tmp_path, noise, source, target):
    any_format.write(noise(5), tmp_path / "good.csv")
    any_format.write(noise(5), tmp_path / "full")
    (tmp_path / "empty").mkdir()
    for name in ("bad.csv", "bad.npz"):
        (tmp_path / name).write_text("bad\n")
    before = sorted(tmp_path.rglob("*"))
    assert_error_message(nn("convert", tmp_path / source, tmp_path / target))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dataset_path_is_stored_as_absolute(tmp_path, noise, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setattr("nn.runs.worker.loop.available_cores", lambda: 1)
    monkeypatch.chdir(tmp_path)
    any_format.write(noise(100), tmp_path / "own.csv")
    quick = ["--hidden", 4, "--epochs", 1, "--json"]
    result = nn("train", "--dataset", "own.csv", *quick)
    *_, end = rows(result)
    assert end["state"] == "finished" and end["test_accuracy"] is not None

    (tmp_path / "own.csv").unlink()
    assert "own.csv" in assert_error_message(nn("train", "--dataset", "own.csv", *quick))
    (run,) = rows(nn("runs", "--json"))  # a recorded run outlives its data
    assert run["run"] == end["run"]
