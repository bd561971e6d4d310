from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nn.data.formats import image_folder
from nn.data.preprocess.pipeline import preprocess
from nn.errors import UserError


def read(path, warn=pytest.fail):
    return image_folder.read(path, warn, iter)


@pytest.fixture
def put(tmp_path):
    """Saves an image or bytes inside the folder, and returns the folder."""

    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content) if isinstance(content, bytes) else content.save(path)
        return tmp_path

    return put


def stroke(mode="L", size=(60, 80)):
    """A dark bar on a light background."""
    image = Image.new(mode, size, "white")
    image.paste("black", (size[0] // 2, size[1] // 5, size[0] // 2 + 6, size[1] * 4 // 5))
    return image


def test_written_images_are_read_back_in_order(tmp_path, noise):
    written = noise(50)
    image_folder.write(written, tmp_path / "out", iter)
    found = read(tmp_path / "out")
    np.testing.assert_array_equal(found.images, written.images, strict=True)
    np.testing.assert_array_equal(found.labels, written.labels, strict=True)


def test_the_label_is_the_folder_or_the_start_of_the_file_name(put):
    gray = [Image.new("L", (28, 28), n) for n in range(4)]
    put("7/anything_3.png", gray[1])
    put("0_b.BMP", gray[0])
    put("3_.webp", stroke())
    path = put("9/c.jpg", gray[3])
    found = read(path)
    brightest = found.images.max(axis=(1, 2)).tolist()
    assert set(zip(brightest, found.labels.tolist(), strict=True)) == {
        (1, 7),
        (0, 0),
        (255, 3),
        (3, 9),
    }


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA"])
@pytest.mark.parametrize("size", [(28, 28), (60, 80)])
def test_an_image_is_preprocessed_unless_it_is_grayscale_and_28_by_28(put, mode, size):
    image = stroke("RGB", size).convert(mode)
    path = put("4/a.png", image)
    same = mode == "L" and size == (28, 28)
    expected = np.asarray(image) if same else preprocess(image).image
    np.testing.assert_array_equal(read(path).images[0], expected)


def test_unusable_images_are_skipped_with_a_warning_that_names_them(put):
    put("1/blank.png", Image.new("RGB", (50, 50), "white"))
    put("2/broken.png", b"not an image")
    put("thumbs/a.png", stroke())
    put("thumbs/b.png", stroke())
    put("12_c.png", stroke())
    put("readme.txt", b"not an image by its name")
    path = put("5/good.png", stroke())
    warnings = []
    found = read(path, warnings.append)
    assert found.labels.tolist() == [5]
    assert all(message.endswith(".") for message in warnings)
    expected = [
        "12_c.png",
        "thumbs/a.png and 1 more",
        "1/blank.png: No digit found",
        "2/broken.png is not",
    ]
    for name in expected:
        assert sum(str(path / name) in message for message in warnings) == 1
    assert len(warnings) == len(expected)


@pytest.mark.parametrize(
    "name", [None, "notes.txt", "image.png", "11/a.png", "ten/a.png", "x_1.png"]
)
def test_a_folder_without_labeled_images_is_rejected_by_name(put, tmp_path, name):
    if name:
        put(name, b"" if name.endswith("txt") else Image.new("L", (28, 28)))
    with pytest.raises(UserError, match=rf"^{tmp_path} has no usable images.*LABEL.*\.$"):
        read(tmp_path, lambda message: None)


def test_a_folder_with_only_damaged_images_is_rejected(put):
    path = put("1/a.png", b"")
    warnings = []
    with pytest.raises(UserError, match="no usable images"):
        read(path, warnings.append)
    assert "a.png" in warnings[0]


def test_a_missing_folder_is_named_in_the_error(tmp_path):
    with pytest.raises(UserError, match="absent"):
        read(tmp_path / "absent")


def test_a_folder_that_is_not_empty_is_not_written_to(tmp_path, noise):
    for name in ("file", "full"):
        taken = tmp_path / name
        if name == "full":
            taken.mkdir()
            (taken / "other.txt").write_text("other")
        else:
            taken.write_text("other")
        with pytest.raises(UserError, match=f"{name} is not empty"):
            image_folder.write(noise(3), taken, iter)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "full", "other.txt"]

    (tmp_path / "empty").mkdir()
    image_folder.write(noise(3), tmp_path / "empty", iter)
    assert len(read(tmp_path / "empty")) == 3
