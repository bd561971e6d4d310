"""Exported digits can be imported again, and any other file is rejected with a message."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import render_strokes
from nn.errors import UserError
from nn.export import my_digits_files
from nn.runs.my_digits import Labeled

STROKES = [[(0.0, 0.0), (60.0, 0.0), (30.0, 100.0)]]
DIGITS = [
    Labeled(7, preprocess(render_strokes.render(STROKES)).image, STROKES),
    Labeled(1, np.eye(28, dtype=np.uint8) * 255, []),
]


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.npz", my_digits_files.npz(DIGITS)), ("a.ZIP", my_digits_files.pngs(DIGITS))],
)
def test_exported_images_are_imported_unchanged(name, data):
    found = sorted(my_digits_files.read(name, data), key=lambda digit: -digit.label)
    assert [digit.label for digit in found] == [7, 1]
    for digit, before in zip(found, DIGITS, strict=True):
        np.testing.assert_array_equal(digit.image, before.image)


def test_exported_strokes_are_imported_with_their_image():
    [found] = my_digits_files.read("a.json", my_digits_files.strokes(DIGITS))
    assert found.label == 7 and [list(map(tuple, path)) for path in found.strokes] == STROKES
    np.testing.assert_array_equal(found.image, DIGITS[0].image)


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


GOOD = png(DIGITS[1].image)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.npz", b""),
        ("a.npz", b"PK\x03\x04 no archive"),
        ("a.npz", zipped({"x.txt": b"1"})),
        ("a.zip", b""),
        ("a.zip", GOOD),
        ("a.zip", my_digits_files.pngs(DIGITS)[:150]),
        ("a.zip", zipped({"readme.txt": b"not an image"})),
        ("a.zip", zipped({"cat/1.png": GOOD})),
        ("a.zip", zipped({"5/1.png": b"not an image"})),
        ("a.zip", zipped({"5/1.png": bytes(5_000_000)})),
        ("a.json", b"\xff\xfe"),
        ("a.txt", b"1"),
        ("a", b""),
    ],
)
def test_any_other_file_is_reported_without_temporary_paths(name, data):
    with pytest.raises(UserError) as caught:
        my_digits_files.read(name, data)
    assert "/tmp" not in str(caught.value)


def test_bad_members_of_a_zip_are_skipped_and_paths_are_ignored(tmp_path):
    warnings: list[str] = []
    data = zipped({"../../5/evil.png": GOOD, "deep/in/3/1.png": GOOD, "4/broken.png": b"x"})
    assert sorted(d.label for d in my_digits_files.read("a.zip", data, warnings.append)) == [3, 5]
    assert len(warnings) == 1
