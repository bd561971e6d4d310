"""Where Digitscope keeps things: one folder for the cache and the store."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """``$DIGITSCOPE_HOME``, else the platform's user data folder; made when it is missing."""
    chosen = os.environ.get("DIGITSCOPE_HOME")
    if chosen:
        folder = Path(chosen).expanduser()
    else:
        from platformdirs import user_data_path

        folder = user_data_path("digitscope", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cache(name: str) -> Path:
    """A file in the cache shared by all workers; its folder exists, the file may not."""
    folder = home() / "cache"
    folder.mkdir(exist_ok=True)
    return folder / name


def log(name: str) -> Path:
    """The log of a worker; its folder exists, the file may not."""
    folder = home() / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.log"
