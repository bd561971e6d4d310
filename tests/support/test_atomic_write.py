from __future__ import annotations

import errno

import pytest

from nn.errors import UserError
from nn.support.atomic_write import replacing


def test_the_file_is_replaced_at_the_end_and_not_before(tmp_path):
    path = tmp_path / "file"
    path.write_text("older")
    with replacing(path) as part:
        part.write_text("newer")
        assert path.read_text() == "older"
    assert path.read_text() == "newer"
    with replacing(tmp_path / "folder") as part:
        part.mkdir()
        (part / "inside").write_text("x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, UserError("No."), RuntimeError])
@pytest.mark.parametrize("folder", [False, True])
def test_after_an_error_nothing_has_changed(tmp_path, error, folder):
    path = tmp_path / "file"
    path.write_text("older")
    with pytest.raises(error if isinstance(error, type) else type(error)), replacing(path) as part:
        if folder:
            part.mkdir()
            (part / "inside").write_text("x")
        else:
            part.write_text("newer")
        raise error
    assert [(p, p.read_text()) for p in tmp_path.iterdir()] == [(path, "older")]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("Not enough free space to write 47040000 bytes after offset 128"),  # by NumPy
    ],
)
def test_a_full_disk_is_a_user_error_that_says_what_to_do(tmp_path, error):
    path = tmp_path / "file"
    with pytest.raises(UserError) as raised, replacing(path):
        raise error
    what_to_do = "the disk is full. Free up disk space, then try again."
    assert str(raised.value) == f"{path} cannot be written: {what_to_do}"


def test_a_failed_write_is_a_user_error_that_names_the_path(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(UserError, match=r"/file cannot be written: Permission"), replacing(path):
        raise OSError(errno.EACCES, "Permission denied")
    path.write_text("no folder")
    for impossible in (tmp_path / "none" / "x", path / "x", tmp_path / ("x" * 300)):
        with pytest.raises(UserError, match="cannot be written"), replacing(impossible) as part:
            part.write_text("x")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(UserError, match="folder cannot be written"), replacing(folder) as part:
        part.write_text("x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]
