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

from nn.data.formats.image_files import FORMATS, PixelBudget, decode, open_image, scan_count
from nn.errors import UserError
from nn.support import limits


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
    "size", [(50_000, 50_000), (10_000, 10_000), (2**31 - 1, 1), (6_001, 6_000)]
)
@pytest.mark.filterwarnings("error")
def test_an_image_with_too_many_pixels_is_rejected_by_its_header(path, size):
    path.write_bytes(png(*size))
    with pytest.raises(UserError, match=rf"^{path} .*pixels.*[^.]\.$"):
        open_image(path)


@pytest.mark.parametrize(
    ("mode", "size", "kind", "is_allowed"),
    [
        ("L", (6000, 6000), "PNG", True),
        ("L", (6001, 6000), "PNG", False),
        ("1", (8000, 8000), "PNG", False),
        ("I;16", (4000, 3000), "PNG", True),
        ("I;16", (4001, 3000), "PNG", False),
        ("L", (4001, 3000), "WEBP", False),
        ("L", (20_001, 1), "PNG", False),
        ("L", (8000, 8000), "JPEG", True),
    ],
)
def test_pixels_are_limited_by_the_memory_they_take(path, mode, size, kind, is_allowed):
    Image.new(mode, size).save(path, kind)
    if is_allowed:
        open_image(path)
    else:
        with pytest.raises(UserError, match=f"it has {size[0]:,} × {size[1]:,} pixels; at most"):
            open_image(path)


@pytest.mark.parametrize(
    ("size", "decoded"),
    [
        ((3000, 2000), (3000, 2000)),
        ((4000, 3000), (2000, 1500)),
        ((8000, 6000), (2000, 1500)),
        ((19_999, 10_000), (2500, 1250)),
    ],
)
def test_a_large_jpeg_is_decoded_at_a_reduced_size(path, size, decoded):
    Image.linear_gradient("L").resize(size).save(path, "JPEG")
    image = open_image(path)
    assert image.size == decoded
    np.testing.assert_allclose(np.asarray(image, int)[[0, -1], 0], [0, 255], atol=2)


def test_jpegs_that_are_kept_whole_in_memory_have_the_limit_of_other_images(path):
    Image.new("L", (8000, 8000)).save(path, "JPEG", progressive=True)
    with pytest.raises(UserError, match=r"pixels; at most 36,000,000 are"):
        open_image(path)


def test_the_scans_of_a_jpeg_are_counted_and_limited(path):
    plain, progressive = io.BytesIO(), io.BytesIO()
    image = Image.fromarray(RAMP).convert("RGB")
    thumbnail = encoded("JPEG")  # has a scan, within a segment
    image.save(plain, "JPEG", exif=b"Exif\0\0" + thumbnail, restart_marker_blocks=1)
    image.save(progressive, "JPEG", progressive=True)
    assert scan_count(plain.getvalue()) == 1
    data = progressive.getvalue()
    assert scan_count(data) == 10
    assert scan_count(b"") == 0

    last = data[data.rindex(b"\xff\xda") : -2]
    path.write_bytes(data[:-2] + 100 * last + data[-2:])
    with pytest.raises(UserError, match="it has 110 scans; at most 100 are allowed"):
        open_image(path)


def test_a_file_of_many_bytes_and_a_compressed_bmp_are_rejected(path):
    path.write_bytes(encoded("PNG") + bytes(limits.IMAGE_BYTES))
    with pytest.raises(UserError, match="bytes; at most 33,554,432 are allowed"):
        open_image(path)
    head = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 8, 1, 6, 0, 0, 256, 0)  # 8 bits, RLE
    body = head + bytes(1024) + b"\2\5\0\0\0\1"
    path.write_bytes(b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + 40 + 1024) + body)
    with pytest.raises(UserError, match=r"it is a compressed BMP\. Save it as PNG\.$"):
        open_image(path)


def test_a_budget_counts_what_is_decoded_even_of_a_damaged_image(path):
    budget = PixelBudget()
    path.write_bytes(encoded("PNG"))
    open_image(path, budget)
    assert limits.UPLOAD_PIXELS - budget.left == 900
    path.write_bytes(encoded("PNG")[:60])  # ends within the pixels
    with pytest.raises(UserError):
        open_image(path, budget)
    assert limits.UPLOAD_PIXELS - budget.left == 1800
    with pytest.raises(UserError, match=r"x is .* 30 × 30 pixels; at most 899 are allowed"):
        decode(io.BytesIO(encoded("PNG")), "x", budget, max_pixels=899)
    assert limits.UPLOAD_PIXELS - budget.left == 1800


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
