"""Uploads: everything a browser may send makes a set of pictures, or a sentence."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from nn.data.dataset import Dataset
from nn.data.formats import any_format, upload
from nn.errors import UserError


def digits(n: int = 6) -> Dataset:
    """A bright bar in each picture, at a place of its own."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[np.arange(n), 4:24, 4 + np.arange(n) % 20] = 255
    return Dataset(images, (np.arange(n) % 10).astype(np.uint8), "made")


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def read(files: dict[str, bytes]) -> tuple[Dataset, list[str]]:
    said: list[str] = []
    return upload.read(files, said.append), said


def written(folder, *names: str) -> dict[str, bytes]:
    any_format.write(digits(), folder / names[0])
    return {name: (folder / name).read_bytes() for name in names}


@pytest.mark.parametrize(
    "names",
    [
        ("some.csv",),
        ("some.npz",),
        ("t-images-idx3-ubyte.gz", "t-labels-idx1-ubyte.gz"),
        ("t-images-idx3-ubyte", "t-labels-idx1-ubyte"),
    ],
)
def test_files_that_the_command_line_writes_are_read(tmp_path, names):
    files = written(tmp_path, *names)
    for order in (files, dict(reversed(files.items()))):
        found, said = read(order)
        np.testing.assert_array_equal(found.images, digits().images, strict=True)
        np.testing.assert_array_equal(found.labels, digits().labels, strict=True)
        assert not said


@pytest.mark.parametrize("around", ["", "mine/", "a/b/", "..\\", "/../../"])
def test_a_zip_of_folders_is_read_whatever_lies_around_them(around):
    made = digits()
    found, said = read(
        {
            "mine.zip": zipped(
                {
                    f"{around}{label}/{n}.png": png(image)
                    for n, (image, label) in enumerate(zip(made.images, made.labels, strict=True))
                }
                | {"__MACOSX/._x.png": b"", "readme.txt": b"hello"}
            )
        }
    )
    np.testing.assert_array_equal(np.sort(found.labels), made.labels)
    order = np.argsort(found.labels)
    np.testing.assert_array_equal(found.images[order], made.images)
    assert not said


def test_pictures_of_the_same_name_in_train_and_test_are_two():
    one, two = digits(2).images
    found, _ = read({"x.zip": zipped({"train/3/a.png": png(one), "test/3/a.png": png(two)})})
    assert len(found) == 2 and set(found.labels) == {3}


def test_single_pictures_are_named_after_their_digit():
    image = png(digits(1).images[0])
    found, said = read({"7_a.png": image, "unknown.png": image, "C:\\tmp\\0_b.PNG": image})
    assert sorted(found.labels) == [0, 7]
    assert len(said) == 1 and said[0].startswith("unknown.png left out")


def test_more_than_fits_is_left_out_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(upload, "MOST", 4)
    found, said = read(written(tmp_path, "some.npz"))
    assert len(found) == 4
    assert said == ["some.npz has 6 pictures: the first 4 are looked at."]


BOMB = zipped({"1/a.png": bytes(300 * 2**20)})


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"x-images-idx3-ubyte": b""}, "has no labels: choose"),
        ({"x-images-idx3-ubyte": b"", "x-labels-idx1-ubyte": b""}, "expected an IDX file"),
        ({"x-labels-idx1-ubyte": b""}, "x-labels-idx1-ubyte cannot be read here"),
        ({"a.csv": b"", "b.csv": b""}, "do not belong together"),
        ({"a.csv": b"", "7_a.png": b""}, "do not belong together"),
        ({"a.csv": b"1,2,3"}, "a.csv, line 1: expected 785 numbers"),
        ({"a.csv": b""}, "a.csv has no pictures"),
        ({"a.npz": b"none"}, "a.npz is not a valid .npz"),
        ({"a.zip": b"none"}, "a.zip cannot be read as a .zip"),
        ({"a.zip": zipped({})}, "a.zip has no pictures that can be used"),
        ({"a.zip": zipped({"3/a.png": b"none"})}, "a.zip has no pictures that can be used"),
        ({"a.zip": BOMB}, "a.zip holds too much"),
        ({"a.exe": b""}, "a.exe cannot be read here"),
        ({"..": b""}, ".. cannot be read here"),
        ({"7_a.png": b"none"}, "has no pictures that can be used"),
        ({f"7_{'a' * 300}.png": b""}, "give it a shorter name"),
        ({"7_\0.png": b""}, "give it a shorter name"),
        ({"a.zip": b"", "b.zip": b""}, "do not belong together"),
    ],
)
def test_what_makes_no_set_of_pictures_is_explained(files, sentence):
    with pytest.raises(UserError) as caught:
        read(files)
    assert sentence in str(caught.value)
    assert "/tmp" not in str(caught.value)
