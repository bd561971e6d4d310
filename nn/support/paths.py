"""Paths of the files that Digitscope stores: the cache, extra data and logs."""

from __future__ import annotations

import os
from pathlib import Path

from nn.errors import UserError


def home() -> Path:
    """``$DIGITSCOPE_HOME``, or the platform's user data folder; created if it is missing.

    Raises UserError, as all functions here, when the folder cannot be created.
    """
    chosen = os.environ.get("DIGITSCOPE_HOME")
    if chosen:
        return _create(Path(chosen))
    from platformdirs import user_data_path

    return _create(user_data_path("digitscope", appauthor=False))


def cache(name: str) -> Path:
    """A file in the cache shared by all workers. Its folder exists; the file may not."""
    return _create(home() / "cache") / name


def extra_data(name: str) -> Path:
    """A file of extra data for runs. Its folder, ``own`` since 0.1, exists; the file may not."""
    return _create(home() / "own") / name


def log(name: str) -> Path:
    """The log of a worker. Its folder exists; the file may not."""
    return _create(home() / "logs") / f"{name}.log"


def _create(folder: Path) -> Path:
    try:
        folder = folder.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: ~ of an unknown user
        reason = getattr(error, "strerror", None) or "there is no such user"
        raise UserError(
            f"The folder {folder} cannot be created: {reason}. Set DIGITSCOPE_HOME to another one."
        ) from None
    return folder
