"""Where Digitscope keeps things: one folder for the cache and the store."""

from __future__ import annotations

import os
from pathlib import Path

from nn.errors import UserError


def home() -> Path:
    """``$DIGITSCOPE_HOME``, else the platform's user data folder; made when it is missing.

    Raises UserError, as all here, when the folder cannot be made.
    """
    chosen = os.environ.get("DIGITSCOPE_HOME")
    if chosen:
        return _made(Path(chosen))
    from platformdirs import user_data_path

    return _made(user_data_path("digitscope", appauthor=False))


def cache(name: str) -> Path:
    """A file in the cache shared by all workers; its folder exists, the file may not."""
    return _made(home() / "cache") / name


def own(name: str) -> Path:
    """A file of somebody's own digits that runs learn from; its folder exists, the file may not."""
    return _made(home() / "own") / name


def log(name: str) -> Path:
    """The log of a worker; its folder exists, the file may not."""
    return _made(home() / "logs") / f"{name}.log"


def _made(folder: Path) -> Path:
    try:
        folder = folder.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: ~ of somebody unknown
        reason = getattr(error, "strerror", None) or "there is no such user"
        raise UserError(
            f"The folder {folder} cannot be made: {reason}. Set DIGITSCOPE_HOME to one that can."
        ) from None
    return folder
