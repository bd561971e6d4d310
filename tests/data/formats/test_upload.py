"""Uploads: anything a browser sends gives a dataset or a user error."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageFile

from nn.data.dataset import Dataset
from nn.data.formats import any_format, image_folder, upload
from nn.data.formats.image_files import open_image
from nn.errors import UserError
from nn.support import limits


def digits(n: int = 6) -> Dataset:
    """A bright bar in each image, at a different position."""
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
    warnings: list[str] = []
    return upload.read(files, warnings.append), warnings


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
def test_files_written_by_the_command_line_are_read(tmp_path, names):
    files = written(tmp_path, *names)
    for order in (files, dict(reversed(files.items()))):
        found, warnings = read(order)
        np.testing.assert_array_equal(found.images, digits().images, strict=True)
        np.testing.assert_array_equal(found.labels, digits().labels, strict=True)
        assert not warnings


@pytest.mark.parametrize("around", ["", "digits/", "a/b/", "..\\", "/../../"])
def test_a_zip_of_folders_is_read_whatever_folders_surround_them(around):
    made = digits()
    found, warnings = read(
        {
            "digits.zip": zipped(
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
    assert not warnings


def test_images_of_the_same_name_in_two_folders_are_both_read():
    one, two = digits(2).images
    found, _ = read({"x.zip": zipped({"train/3/a.png": png(one), "test/3/a.png": png(two)})})
    assert len(found) == 2 and set(found.labels) == {3}


def test_the_label_of_a_single_image_is_the_start_of_its_name():
    image = png(digits(1).images[0])
    found, warnings = read({"7_a.png": image, "unknown.png": image, "C:\\tmp\\0_b.PNG": image})
    assert sorted(found.labels) == [0, 7]
    assert len(warnings) == 1 and warnings[0].startswith("Skipped unknown.png")


@pytest.mark.parametrize(
    "names", [("a.csv",), ("a.npz",), ("t-images-idx3-ubyte.gz", "t-labels-idx1-ubyte.gz")]
)
@pytest.mark.parametrize(("maximum", "is_warned"), [(4, True), (6, False)])
def test_images_beyond_the_maximum_are_skipped_with_a_warning(tmp_path, names, maximum, is_warned):
    warnings: list[str] = []
    found = upload.read(written(tmp_path, *names), warnings.append, max_images=maximum)
    np.testing.assert_array_equal(found.images, digits().images[:maximum])
    np.testing.assert_array_equal(found.labels, digits().labels[:maximum])
    name = names[0] if len(names) == 1 else "The upload"
    message = f"{name} has more images: only the first {maximum} are used."
    assert warnings == [message] * is_warned


def as_files(n: int = 6) -> dict[str, bytes]:
    return {f"{number}_a.png": png(image) for number, image in enumerate(digits(n).images)}


def test_no_image_is_opened_beyond_the_maximum(monkeypatch):
    opened = []
    monkeypatch.setattr(
        image_folder, "open_image", lambda *given: opened.append(given) or open_image(*given)
    )
    warnings: list[str] = []
    assert len(upload.read(as_files(), warnings.append, max_images=3)) == 3
    assert len(opened) == 4 and len(warnings) == 1


def test_decoding_ends_when_the_pixels_of_one_upload_are_spent(monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD_PIXELS", 3 * 28 * 28)
    for files in (as_files(), {"x.zip": zipped(as_files())}):
        found, [warning] = read(files)
        assert len(found) == 3
        assert re.match(r"Skipped 3_a\S*\.png and all after it \(3 in total\): one ", warning)


def test_a_small_zip_of_large_images_is_rejected_by_their_headers(monkeypatch):
    file = io.BytesIO()
    Image.new("1", (8000, 8000)).save(file, "PNG")
    bomb = zipped({f"1/{n}.png": file.getvalue() for n in range(48)})
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("decoded"))
    warnings: list[str] = []
    with pytest.raises(UserError, match="no usable images"):
        upload.read({"a.zip": bomb}, warnings.append)
    assert len(warnings) == 48 and "8,000 × 8,000 pixels; at most" in warnings[0]


def test_a_member_that_is_too_large_is_skipped_and_the_others_are_read():
    large = bytes(limits.IMAGE_BYTES + 1)
    found, warnings = read({"a.zip": zipped({"1/a.png": large, "2/b.png": as_files(1)["0_a.png"]})})
    assert list(found.labels) == [2]
    assert warnings == ["Skipped a.png: it has 33,554,433 bytes; at most 33,554,432 are allowed."]


def test_progress_is_reported_for_each_image():
    shown: list[object] = []
    upload.read(as_files(), [].append, lambda items: (shown.append(i) or i for i in items))
    assert len(shown) == 6


BOMB = zipped({"1/a.png": bytes(300 * 2**20)})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"x-images-idx3-ubyte": b""}, "has no labels: select"),
        ({"x-images-idx3-ubyte": b"", "x-labels-idx1-ubyte": b""}, "expected an IDX file"),
        ({"x-labels-idx1-ubyte": b""}, "x-labels-idx1-ubyte is not supported"),
        ({"a.csv": b"", "b.csv": b""}, "do not belong together"),
        ({"a.csv": b"", "7_a.png": b""}, "do not belong together"),
        ({"a.csv": b"1,2,3"}, "a.csv, line 1: expected 785 numbers"),
        ({"a.csv": b""}, "a.csv has no images"),
        ({"a.npz": b"none"}, "a.npz is not a valid .npz"),
        ({"a.zip": b"none"}, "a.zip is not a valid .zip"),
        ({"a.zip": zipped({})}, "a.zip has no usable images"),
        ({"a.zip": zipped({"3/a.png": b"none"})}, "a.zip has no usable images"),
        ({"a.zip": BOMB}, "a.zip is too large"),
        ({"a.zip": zipped({f"{n}.txt": b"" for n in range(20_001)})}, "too many members"),
        ({"a.exe": b""}, "a.exe is not supported"),
        ({"..": b""}, ".. is not supported"),
        ({"7_a.png": b"none"}, "has no usable images"),
        ({f"7_{'a' * 300}.png": b""}, "give it a shorter name"),
        ({"7_\0.png": b""}, "give it a shorter name"),
        ({"a.zip": b"", "b.zip": b""}, "do not belong together"),
    ],
)
def test_an_unusable_upload_is_explained(files, message):
    with pytest.raises(UserError) as error:
        read(files)
    assert message in str(error.value)
    assert "/tmp" not in str(error.value)
