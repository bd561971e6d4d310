"""A reserve of disk space beside an SQLite store, so that runs can be deleted on a full disk.

Deleting a run, and even opening the store, writes before it frees anything. When the disk has no
room for that, the reserve is given up first. It is made again when there is room.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError

from nn.runs.store import database, outage

SIZE = 4 * 2**20  # bytes: what deleting a run of thousands of points and snapshots writes
# Bytes of it that opening the store, or recording why a run was stopped, may use: the rest is for
# deleting.
PART = 2**18


def make(engine: Engine) -> None:
    """Make the reserve, or what is missing of it, if the disk has room, and the store is at least
    as large: a smaller one has nothing to delete. What a deletion frees goes to the reserve first:
    the next run could fill the disk again."""
    path = _path(engine.url)
    if not path or database.used_bytes(engine) < SIZE:
        return
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        there = path.stat().st_size if path.exists() else 0
        if there == SIZE or shutil.disk_usage(path.parent).free < SIZE + outage.FULL:
            return
        part.write_bytes(os.urandom(SIZE))  # zeros may take no room on the disk
        part.replace(path)
    except OSError:  # the next time will do
        with suppress(OSError):
            part.unlink()


def give_up(url: URL, error: DBAPIError, size: int = SIZE) -> bool:
    """Give up ``size`` bytes of the reserve if the error says that the disk is full → whether to
    try again."""
    path = _path(url)
    if not path or not is_full(url, error):
        return False
    with suppress(OSError):
        left = path.stat().st_size - size
        if left > 0:
            os.truncate(path, left)
        else:
            path.unlink()
        return True
    return False


def is_full(url: URL, error: DBAPIError) -> bool:
    """Whether the error says that the store's disk is full, also when it was being opened."""
    path = _path(url)
    return outage.is_full(error, path.parent if path else None)


def _path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(f"{url.database}.reserve")
