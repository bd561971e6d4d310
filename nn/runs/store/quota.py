"""The store's limit: when it grows over it, the oldest runs keep fewer of their frames."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.store import database, schema
from nn.runs.store.store import RunStore

DEFAULT_QUOTA = "4 GiB"
UNITS = {"MiB": 2**20, "GiB": 2**30}


def storage_quota() -> int:
    """Bytes the store may grow to. Raises UserError for a setting that is no size."""
    written = os.environ.get("DIGITSCOPE_STORE_LIMIT") or DEFAULT_QUOTA
    parts = re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*(MiB|GiB)\s*", written)
    if not parts:
        raise UserError(
            "DIGITSCOPE_STORE_LIMIT is a number of MiB or GiB, for example 500 MiB or 4 GiB; got "
            f"{written!r}."
        )
    return round(float(parts[1]) * UNITS[parts[2]])


def format_size(size: int) -> str:
    """→ "312 MiB", "4.1 GiB"."""
    unit = "GiB" if size >= UNITS["GiB"] else "MiB"
    number = size / UNITS[unit]
    return f"{number:.{0 if number >= 10 else 1}f}".removesuffix(".0") + f" {unit}"


def usage(store: RunStore) -> str:
    """How large the store is, as a sentence; "" for a database server, which minds that itself."""
    used, most = database.used_bytes(store.engine), storage_quota()
    if used is None:
        return ""
    advice = " Delete some runs: `python -m nn delete RUN`." if used > most else ""
    return f"Store: {format_size(used)} of {format_size(most)}.{advice}"


def enforce_quota(store: RunStore) -> str:
    """Thin frames until the store is within its limit: those of the oldest runs first, never of
    one that is active or pinned, never a run's first or last.

    → "", or a sentence when that was not enough. Raises UserError for a limit that is none.
    """
    most = storage_quota()

    def fits() -> bool:
        return (database.used_bytes(store.engine) or 0) <= most

    with suppress(OperationalError):  # somebody has locked the store: another time
        if fits():
            return ""
        for run in reversed(store.runs()):
            if not (run.pinned or run.state.active):
                while not fits() and _thin(store, run.id):
                    pass
        database.reclaim(store.engine)
        if not fits():
            return (
                f"The store is larger than {format_size(most)}, with no snapshots left to "
                "thin out. Delete some runs."
            )
    return ""


def _thin(store: RunStore, run_id: str) -> bool:
    """Forget every second frame of a run → whether there was one to forget."""
    frames = schema.snapshots.c
    doomed = store.snapshot_steps(run_id)[1:-1:2]
    with store.writing() as connection:
        connection.execute(
            delete(schema.snapshots).where(frames.run == run_id, frames.step.in_(doomed))
        )
    return bool(doomed)
