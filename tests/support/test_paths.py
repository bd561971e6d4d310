"""Folders are created when they are needed; one that cannot be created is a user error."""

from __future__ import annotations

import pytest

from nn.errors import UserError
from nn.support import paths


def test_every_folder_exists_when_its_path_is_returned(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path / "new" / "home"))
    for path in (paths.home() / "x", paths.cache("x"), paths.log("x")):
        assert path.parent.is_dir() and not path.exists()


@pytest.mark.parametrize("home", ["{file}", "{file}/home", "~nobody-of-this-name/home"])
def test_a_home_that_cannot_be_created_is_a_user_error(tmp_path, monkeypatch, home):
    file = tmp_path / "file"
    file.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITSCOPE_HOME", home.format(file=file))
    for folder in (paths.home, lambda: paths.cache("x"), lambda: paths.log("x")):
        with pytest.raises(UserError, match=r"cannot be created: .*DIGITSCOPE_HOME"):
            folder()
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["cache", "logs"])
def test_a_file_where_a_folder_should_be_is_a_user_error(tmp_path, monkeypatch, name):
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))
    (tmp_path / name).touch()
    with pytest.raises(UserError, match=f"{name} cannot be created"):
        paths.cache("x") if name == "cache" else paths.log("x")
