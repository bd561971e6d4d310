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
    return tmp_path_factory.mktemp("images") / "some.png"


RAMP = np.arange(0, 225, 0.25).astype(np.uint8).reshape(30, 30)


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(RAMP).save(file, kind)
    return file.getvalue()


def png(width: int, height: int) -> bytes:
    """A PNG whose header declares this size, with one line of pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        sum32 = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + sum32

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    line = zlib.compress(bytes(min(width, 1_000_000) + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", line) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_decoded_whatever_the_file_name(path, kind):
    path.write_bytes(encoded(kind))
    image = open_image(path)
    path.write_bytes(b"")  # everything has been decoded
    assert image.size == (30, 30)
    assert np.abs(np.asarray(image.convert("L"), int) - RAMP).mean() < 5


@pytest.mark.parametrize(
    "size", [(50_000, 50_000), (10_000, 10_000), (2**31 - 1, 1), (8_001, 8_000)]
)
@pytest.mark.filterwarnings("error")
def test_an_image_with_too_many_pixels_is_rejected_by_its_header(path, size):
    path.write_bytes(png(*size))
    with pytest.raises(UserError, match=rf"^{path} .*pixels.*[^.]\.$"):
        open_image(path)


def test_an_image_without_pixels_is_rejected(path):
    path.write_bytes(b"GIF89a" + bytes(7) + b"," + bytes(9) + b"\2\0;")
    with pytest.raises(UserError, match=str(path)):
        open_image(path)


def test_a_missing_file_is_named_in_the_error(tmp_path):
    for nothing in (tmp_path / "absent.png", tmp_path):
        with pytest.raises(UserError, match=str(nothing)):
            open_image(nothing)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_named_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UserError, match=r"pipe\.png is not a valid image: it does not"):
        open_image(tmp_path / "pipe.png")


def test_a_file_of_another_type_is_rejected_with_the_supported_formats(path):
    path.write_text("not an image")
    with pytest.raises(UserError, match="it is not one of PNG, JPEG, BMP, WEBP, GIF"):
        open_image(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_exif_orientation_is_kept(path, kind):
    image, exif = Image.new("L", (30, 20)), Image.Exif()
    exif[274] = 6  # orientation: a quarter turn
    image.save(path, kind, exif=exif)
    assert ImageOps.exif_transpose(open_image(path)).size == (20, 30)


@given(
    kind=st.sampled_from(FORMATS),
    at=st.integers(0, 2000),
    noise=st.binary(max_size=20),
    cut=st.booleans(),
)
def test_any_bytes_give_an_image_or_a_user_error(path, kind, at, noise, cut):
    whole = encoded(kind)
    at %= len(whole)
    path.write_bytes(whole[:at] + noise + (b"" if cut else whole[at + len(noise) :]))
    try:
        image = open_image(path)
    except UserError as error:
        assert str(path) in str(error)
    else:
        assert image.width * image.height > 0
        image.convert("L")
