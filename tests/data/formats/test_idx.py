from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from math import prod

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nn.data.formats import idx
from nn.errors import UserError


def header_and(shape: tuple[int, ...], data: bytes, kind: int = 8) -> bytes:
    """An IDX file: two zeros, the type, the dimensions' number and sizes, the data."""
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + data


WHOLE = header_and((2, 3, 4), bytes(range(24)))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("idx") / "some-idx3-ubyte"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_written_arrays_are_read_back(path, pack, shape, seed):
    array = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    path.write_bytes(pack(header_and(tuple(shape), array.tobytes())))

    np.testing.assert_array_equal(idx.read_array(path, len(shape)), array, strict=True)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        WHOLE[:3],
        WHOLE[:15],
        WHOLE[:16],
        WHOLE[:-1],
        WHOLE + b"\0",
        header_and((2, 12), bytes(24)),
        header_and((2, 3, 4), bytes(24), kind=9),
        b"\1" + WHOLE[1:],
        header_and((2**31, 2**31, 4), bytes(24)),
        header_and((0, 2**32 - 1, 2**32 - 1), b""),
        b"\x89PNG\r\n\x1a\n" + bytes(30),
    ],
    ids=[
        "empty", "no header", "half a header", "no data", "too short", "too long",
        "other dimensions", "other type", "other magic", "huge counts", "huge and empty", "png",
    ],
)  # fmt: skip
def test_a_file_of_another_type_is_rejected_by_name(path, pack, data):
    path.write_bytes(pack(data))
    with pytest.raises(UserError) as error:
        idx.read_array(path, 3)
    assert str(path) in str(error.value)


@given(length=st.integers(2, len(gzip.compress(WHOLE)) - 1))
def test_a_gzip_file_truncated_anywhere_is_rejected_by_name(path, length):
    path.write_bytes(gzip.compress(WHOLE)[:length])
    with pytest.raises(UserError) as error:
        idx.read_array(path, 3)
    assert str(path) in str(error.value)


def test_a_missing_file_is_named_in_the_error(tmp_path):
    for path in (tmp_path / "absent", tmp_path):  # a folder cannot be read either
        with pytest.raises(UserError) as error:
            idx.read_array(path, 3)
        assert str(path) in str(error.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_named_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="is not a file"):
        idx.read_array(tmp_path / "pipe", 1)


def test_a_gzip_file_of_several_parts_is_read_and_zeros_may_follow(path):
    packed = gzip.compress(WHOLE[:20]) + gzip.compress(WHOLE[20:]) + bytes(5)
    path.write_bytes(packed)
    assert idx.read_array(path, 3).tobytes() == WHOLE[16:]
    path.write_bytes(packed + b"more")
    with pytest.raises(UserError, match="is not a valid IDX file"):
        idx.read_array(path, 3)


def test_the_first_items_are_unchanged(path):
    for pack in (bytes, gzip.compress):
        path.write_bytes(pack(WHOLE))
        np.testing.assert_array_equal(idx.read_array(path, 3, 1), idx.read_array(path, 3)[:1])
        assert len(idx.read_array(path, 3, 2)) == len(idx.read_array(path, 3, 3)) == 2


def test_zeros_that_pack_well_are_not_unpacked(path):
    path.write_bytes(gzip.compress(header_and((100_000, 28, 28), bytes(78_400_000))))
    tracemalloc.start()
    with pytest.raises(UserError, match=r"bytes unpack to 78,400,000; above 67,108,864 bytes"):
        idx.read_array(path, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (gzip.compress(b"") * 2_000, "it has more than 1,000 parts"),
        (b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 3_000_000, "it is truncated"),
    ],
    ids=["many empty parts", "a name that does not end"],
)
def test_a_gzip_file_of_nothing_is_rejected(path, packed, message):
    path.write_bytes(packed)
    with pytest.raises(UserError, match=f"is not a valid IDX file: {message}"):
        idx.read_array(path, 3)


sizes = st.sampled_from([0, 1, 2, 3, 28, 2**16, 2**31, 2**32 - 1])
headers = st.lists(sizes, min_size=1, max_size=4).map(lambda shape: header_and(tuple(shape), b""))


@example(data=gzip.compress(WHOLE)[:10] + b"\xff" * 30, dimensions=3)  # valid header, corrupt data
@given(
    data=st.one_of(
        st.binary(max_size=100),
        st.binary(max_size=100).map(lambda tail: b"\x1f\x8b" + tail),
        st.builds(bytes.__add__, headers, st.binary(max_size=100)),
        st.builds(bytes.__add__, headers, st.binary(max_size=100)).map(gzip.compress),
    ),
    dimensions=st.integers(1, 4),
)
def test_any_bytes_give_an_array_or_a_user_error(path, data, dimensions):
    path.write_bytes(data)
    try:
        array = idx.read_array(path, dimensions)
    except UserError as error:
        assert str(path) in str(error)
    else:
        assert (array.ndim, array.dtype) == (dimensions, np.uint8)
        assert array.size == prod(array.shape)


@given(at=st.integers(0, len(gzip.compress(WHOLE)) - 1), byte=st.integers(0, 255))
def test_a_damaged_gzip_file_is_read_correctly_or_rejected(path, at, byte):
    damaged = bytearray(gzip.compress(WHOLE))
    damaged[at] = byte
    path.write_bytes(damaged)
    try:
        assert idx.read_array(path, 3).tobytes() == bytes(range(24))
    except UserError as error:
        assert str(path) in str(error)


def test_a_zip_bomb_is_not_decompressed(path):
    for shape in ((1, 28, 28), (2**20, 28, 28)):
        path.write_bytes(gzip.compress(header_and(shape, bytes(50_000_000))))
        tracemalloc.start()
        with pytest.raises(UserError, match="its header declares"):
            idx.read_array(path, 3)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000


NAMES = [
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
    ("data.idx3", "data.idx1"),
]


@pytest.mark.parametrize(("images", "labels"), NAMES)
def test_images_and_labels_are_written_to_two_files_and_read_back(tmp_path, noise, images, labels):
    written = noise(2001)
    idx.write(written, tmp_path / images, iter)

    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([images, labels])
    packed = (tmp_path / images).read_bytes()[:2] == b"\x1f\x8b"
    assert packed is images.endswith(".gz")
    read = idx.read(tmp_path / images)
    np.testing.assert_array_equal(read.images, written.images, strict=True)
    np.testing.assert_array_equal(read.labels, written.labels, strict=True)


def test_labels_may_be_gzipped_when_the_images_are_not(tmp_path, noise):
    idx.write(noise(3), tmp_path / "a-images-idx3-ubyte", iter)
    labels = tmp_path / "a-labels-idx1-ubyte"
    (tmp_path / "a-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels.read_bytes()))
    labels.unlink()

    assert len(idx.read(tmp_path / "a-images-idx3-ubyte")) == 3


def test_images_are_not_written_if_their_labels_cannot_be(tmp_path, noise):
    (tmp_path / "x-labels-idx1-ubyte").mkdir()
    with pytest.raises(UserError, match="x-labels-idx1-ubyte cannot be written"):
        idx.write(noise(3), tmp_path / "x-images-idx3-ubyte", iter)
    assert [path.name for path in tmp_path.iterdir()] == ["x-labels-idx1-ubyte"]


def test_the_same_images_give_the_same_bytes(tmp_path, noise):
    for name in ("a", "b"):
        idx.write(noise(3), tmp_path / f"{name}-images-idx3-ubyte.gz", iter)
    a, b = ((tmp_path / f"{name}-images-idx3-ubyte.gz").read_bytes() for name in ("a", "b"))
    assert a == b


def test_a_missing_labels_file_is_named_in_the_error(tmp_path, noise):
    idx.write(noise(3), tmp_path / "a-images-idx3-ubyte", iter)
    (tmp_path / "a-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError, match="a-labels-idx1-ubyte"):
        idx.read(tmp_path / "a-images-idx3-ubyte")
