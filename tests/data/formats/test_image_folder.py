from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nn.data.formats import image_folder
from nn.data.preprocess.pipeline import preprocess
from nn.errors import UserError


def read(path, complain=pytest.fail):
    return image_folder.read(path, complain, iter)


@pytest.fixture
def place(tmp_path):
    """Puts a picture or bytes at a path inside the folder, and returns the folder."""

    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content) if isinstance(content, bytes) else content.save(path)
        return tmp_path

    return put


def stroke(mode="L", size=(60, 80)):
    """A dark bar on light paper."""
    picture = Image.new(mode, size, "white")
    picture.paste("black", (size[0] // 2, size[1] // 5, size[0] // 2 + 6, size[1] * 4 // 5))
    return picture


def test_what_was_written_is_read_in_its_order(tmp_path, noise):
    written = noise(50)
    image_folder.write(written, tmp_path / "out", iter)
    found = read(tmp_path / "out")
    np.testing.assert_array_equal(found.images, written.images, strict=True)
    np.testing.assert_array_equal(found.labels, written.labels, strict=True)


def test_the_label_is_the_folder_or_the_beginning_of_the_name(place):
    gray = [Image.new("L", (28, 28), n) for n in range(4)]
    place("7/anything_3.png", gray[1])
    place("0_b.BMP", gray[0])
    place("3_.webp", stroke())
    path = place("9/c.jpg", gray[3])
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
def test_a_picture_is_normalised_unless_it_is_gray_of_28_by_28(place, mode, size):
    picture = stroke("RGB", size).convert(mode)
    path = place("4/a.png", picture)
    same = mode == "L" and size == (28, 28)
    expected = np.asarray(picture) if same else preprocess(picture).image
    np.testing.assert_array_equal(read(path).images[0], expected)


def test_what_cannot_be_used_is_named_and_the_rest_goes_on(place):
    place("1/blank.png", Image.new("RGB", (50, 50), "white"))
    place("2/broken.png", b"no picture")
    place("thumbs/a.png", stroke())
    place("thumbs/b.png", stroke())
    place("12_c.png", stroke())
    place("readme.txt", b"no picture, and not called one")
    path = place("5/good.png", stroke())
    said = []
    found = read(path, said.append)
    assert found.labels.tolist() == [5]
    assert all(sentence.endswith(".") for sentence in said)
    expected = [
        "12_c.png",
        "thumbs/a.png and 1 more",
        "1/blank.png is blank",
        "2/broken.png cannot",
    ]
    for name in expected:
        assert sum(str(path / name) in sentence for sentence in said) == 1
    assert len(said) == len(expected)


@pytest.mark.parametrize(
    "name", [None, "notes.txt", "picture.png", "11/a.png", "ten/a.png", "x_1.png"]
)
def test_a_folder_without_labeled_pictures_is_refused_by_name(place, tmp_path, name):
    if name:
        place(name, b"" if name.endswith("txt") else Image.new("L", (28, 28)))
    with pytest.raises(UserError, match=rf"^{tmp_path} has no pictures .*LABEL.*\.$"):
        read(tmp_path, lambda sentence: None)


def test_a_folder_of_unreadable_pictures_alone_is_refused(place):
    path = place("1/a.png", b"")
    said = []
    with pytest.raises(UserError, match="no pictures that can be used"):
        read(path, said.append)
    assert "a.png" in said[0]


def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(UserError, match="absent"):
        read(tmp_path / "absent")


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path, noise):
    for name in ("file", "full"):
        taken = tmp_path / name
        if name == "full":
            taken.mkdir()
            (taken / "mine.txt").write_text("mine")
        else:
            taken.write_text("mine")
        with pytest.raises(UserError, match=f"{name} is not empty"):
            image_folder.write(noise(3), taken, iter)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "full", "mine.txt"]

    (tmp_path / "empty").mkdir()
    image_folder.write(noise(3), tmp_path / "empty", iter)
    assert len(read(tmp_path / "empty")) == 3
