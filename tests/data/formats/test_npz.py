from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.data.formats import npz as npz_format
from nn.errors import UserError
from nn.support import limits


class Trap:
    """Fails the test when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("unpickled",)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("archive") / "some.npz"


def npz(save=np.savez, **arrays) -> bytes:
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(f"{name}.npy", data)
    return file.getvalue()


def npy(shape: str, descr: str = "'|u1'", data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    """An .npy file whose header declares this shape."""
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY" + version + len(head).to_bytes(2, "little") + head + data


IMAGES, LABELS = np.zeros((2, 28, 28), np.uint8), np.array([3, 4], np.uint8)
LABELS_FILE = npy("(2,)", data=b"\3\4")
WHOLE = npz(images=np.arange(1568).astype(np.uint8).reshape(2, 28, 28), labels=LABELS)


def test_written_images_are_read_back(path, noise):
    written = noise(30)
    npz_format.write(written, path)
    found = npz_format.read(path)
    np.testing.assert_array_equal(found.images, written.images, strict=True)
    np.testing.assert_array_equal(found.labels, written.labels, strict=True)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, ">u2"])
def test_integers_of_any_type_and_order_are_read(path, noise, save, dtype):
    written = noise(5)
    images = np.asfortranarray(written.images.astype(dtype))
    path.write_bytes(npz(save, images=images, labels=written.labels.astype(dtype), more=LABELS))
    np.testing.assert_array_equal(npz_format.read(path).images, written.images, strict=True)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a valid .npz"),
        (b"no archive", "is not a valid .npz"),
        (WHOLE[:-30], "is not a valid .npz"),
        (pickle.dumps(Trap()), "is not a valid .npz"),
        (npz(labels=LABELS), "expected the arrays images and labels, got labels"),
        (npz(x=IMAGES, y=LABELS), "expected the arrays images and labels, got x, y"),
        (zipped(), "got none"),
        (npz(images=IMAGES, labels=LABELS[:1]), "2 images but .* 1 labels"),
        (npz(images=IMAGES[:0], labels=LABELS[:0]), "no images"),
        (npz(images=IMAGES.reshape(2, 784), labels=LABELS), r"\(images\): expected .* 28 × 28"),
        (npz(images=np.float64(3), labels=LABELS), r"\(images\): expected integers, .*float"),
        (npz(images=IMAGES, labels=LABELS + 0.5), r"\(labels\): expected integers, .*float"),
        (npz(images=IMAGES, labels=np.array(["3", "4"])), r"\(labels\): expected integers"),
        (npz(images=IMAGES, labels=LABELS.astype(bool)), r"\(labels\): expected integers"),
        (npz(images=IMAGES, labels=LABELS + 6), r"\(labels\): .* from 0 to 9, got 10"),
        (npz(images=IMAGES, labels=-LABELS.astype(int)), r"\(labels\): .* got -4"),
        (npz(images=np.array([Trap()] * 2), labels=LABELS), r"\(images\) is a pickle"),
        (npz(images=IMAGES, labels=np.array([Trap()] * 2)), r"\(labels\) is a pickle"),
        (zipped(images=pickle.dumps(Trap()), labels=LABELS_FILE), "is not a valid .npz"),
        (zipped(images=npy("(2, 28, 28)"), labels=LABELS_FILE), "is not a valid .npz"),
        (zipped(images=npy("(2**40, 28, 28)"), labels=LABELS_FILE), "is not a valid .npz"),
        (zipped(images=npy("(-2, 28, 28)"), labels=LABELS_FILE), "is not a valid .npz|fewer"),
        (zipped(images=npy("(999999999, 28, 28)"), labels=LABELS_FILE), "at most 784,000,000"),
        (zipped(images=npy(f"(0, {2**62}, {2**62})"), labels=LABELS_FILE), "some.npz"),
        (zipped(images=npy("(" * 9000), labels=LABELS_FILE), "is not a valid .npz"),
        (zipped(images=npy("(2,)", version=b"\3\0"), labels=LABELS_FILE), "npy version"),
    ],
)  # fmt: skip
def test_an_invalid_archive_is_rejected_by_name_and_nothing_is_unpickled(path, data, message):
    path.write_bytes(data)
    with pytest.raises(UserError, match=rf"{path}.*{message}|{message}.*\.$") as error:
        npz_format.read(path)
    assert str(path) in str(error.value)


def test_a_zip_bomb_is_not_decompressed(path):
    for shape in ("(2, 28, 28)", "(2000000, 28, 28)"):
        bomb = zipped(images=npy(shape, data=bytes(100_000_000)), labels=LABELS_FILE)
        path.write_bytes(bomb)
        assert len(bomb) < 200_000
        tracemalloc.start()
        try:
            npz_format.read(path)
        except UserError as error:
            assert str(path) in str(error)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000


def test_zeros_that_pack_well_are_rejected_and_of_an_upload_only_the_first_are_read(path):
    many = npz(
        np.savez_compressed,
        images=np.zeros((100_000, 28, 28), np.uint8),
        labels=np.zeros(100_000, int),
    )
    assert len(many) < 200_000
    path.write_bytes(many)
    tracemalloc.start()
    with pytest.raises(UserError, match=r"\(images\): .* unpack to 78,400,000; above 67,108,864"):
        npz_format.read(path)
    assert len(npz_format.read(path, 1000)) == 1000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_the_first_images_are_unchanged(path, noise):
    written = noise(30)
    npz_format.write(written, path)
    found = npz_format.read(path, 7)
    np.testing.assert_array_equal(found.images, written.images[:7], strict=True)
    np.testing.assert_array_equal(found.labels, written.labels[:7], strict=True)
    path.write_bytes(npz(images=np.asfortranarray(written.images), labels=written.labels))
    with pytest.raises(UserError, match="Fortran order"):
        npz_format.read(path, 7)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_ordinary_zips_are_unpacked(path, method):
    """Python unpacks a block of bzip2 at once, however much that is."""
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("images.npy", npy("(2, 28, 28)", data=bytes(1568)))
        file.writestr("labels.npy", LABELS_FILE)
    with pytest.raises(UserError, match=f"{path} is compressed in an unusual format"):
        npz_format.read(path)


@pytest.mark.parametrize("count", [limits.NPZ_MEMBERS + 1, 10 * limits.NPZ_MEMBERS, 70_000])
def test_an_archive_of_many_members_is_not_read(path, count):
    with zipfile.ZipFile(path, "w") as file:
        for number in range(count):
            file.writestr(f"{number}.npy", b"")
    with pytest.raises(UserError, match=f"{path} has too many members; at most 1,000"):
        npz_format.read(path)


def test_a_missing_file_is_named_in_the_error(tmp_path):
    for nothing in (tmp_path / "absent.npz", tmp_path):
        with pytest.raises(UserError, match=str(nothing)):
            npz_format.read(nothing)


@given(st.binary(max_size=100) | st.binary(max_size=50).map(lambda data: WHOLE[:80] + data))
def test_arbitrary_bytes_are_a_user_error(path, data):
    path.write_bytes(data)
    with pytest.raises(UserError, match=str(path)):
        npz_format.read(path)


@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_a_damaged_archive_is_read_correctly_or_rejected(path, at, byte):
    damaged = bytearray(WHOLE)
    damaged[at] = byte
    path.write_bytes(damaged)
    try:
        assert npz_format.read(path).images.tobytes() == np.arange(1568).astype(np.uint8).tobytes()
    except UserError as error:
        assert str(path) in str(error)
