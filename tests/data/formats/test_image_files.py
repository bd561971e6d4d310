from __future__ import annotations

import io
import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from nn.data.formats.image_files import FORMATS, open_image
from nn.errors import UserError


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("pictures") / "some.png"


RAMP = np.arange(0, 225, 0.25).astype(np.uint8).reshape(30, 30)


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(RAMP).save(file, kind)
    return file.getvalue()


def png(width: int, height: int) -> bytes:
    """A PNG whose head promises this size, with a line of it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        sum32 = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + sum32

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    line = zlib.compress(bytes(min(width, 1_000_000) + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", line) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_of_each_kind_is_decoded_whatever_its_name(path, kind):
    path.write_bytes(encoded(kind))
    picture = open_image(path)
    path.write_bytes(b"")  # nothing is left to be read later
    assert picture.size == (30, 30)
    assert np.abs(np.asarray(picture.convert("L"), int) - RAMP).mean() < 5


@pytest.mark.parametrize(
    "size", [(50_000, 50_000), (10_000, 10_000), (2**31 - 1, 1), (8_001, 8_000)]
)
@pytest.mark.filterwarnings("error")
def test_a_picture_of_too_many_pixels_is_refused_by_its_head(path, size):
    path.write_bytes(png(*size))
    with pytest.raises(UserError, match=rf"^{path} .*pixels.*[^.]\.$"):
        open_image(path)


def test_a_picture_without_pixels_is_refused(path):
    path.write_bytes(b"GIF89a" + bytes(7) + b"," + bytes(9) + b"\2\0;")
    with pytest.raises(UserError, match=str(path)):
        open_image(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    for nothing in (tmp_path / "absent.png", tmp_path):
        with pytest.raises(UserError, match=str(nothing)):
            open_image(nothing)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UserError, match=r"pipe\.png cannot be read as a picture: it is not"):
        open_image(tmp_path / "pipe.png")


def test_what_is_no_picture_is_told_in_words(path):
    path.write_text("no picture")
    with pytest.raises(UserError, match="it is none of PNG, JPEG, BMP, WEBP, GIF"):
        open_image(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_how_the_camera_was_held_is_still_known(path, kind):
    picture, exif = Image.new("L", (30, 20)), Image.Exif()
    exif[274] = 6  # orientation: a quarter turn
    picture.save(path, kind, exif=exif)
    assert ImageOps.exif_transpose(open_image(path)).size == (20, 30)


@given(
    kind=st.sampled_from(FORMATS),
    at=st.integers(0, 2000),
    junk=st.binary(max_size=20),
    cut=st.booleans(),
)
def test_any_bytes_are_a_picture_or_a_sentence(path, kind, at, junk, cut):
    whole = encoded(kind)
    at %= len(whole)
    path.write_bytes(whole[:at] + junk + (b"" if cut else whole[at + len(junk) :]))
    try:
        picture = open_image(path)
    except UserError as refused:
        assert str(path) in str(refused)
    else:
        assert picture.width * picture.height > 0
        picture.convert("L")
