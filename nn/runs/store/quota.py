"""Storage quota: when the store grows beyond it, the oldest runs keep fewer snapshots."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.old_names import ENVIRONMENT
from nn.runs.store import database, reserve, schema
from nn.runs.store.store import RunStore

VARIABLE = "DIGITSCOPE_STORAGE_QUOTA"
DEFAULT_QUOTA = "4 GiB"
UNITS = {"MiB": 2**20, "GiB": 2**30}


def storage_quota() -> int:
    """Bytes that the store may take: ``$DIGITSCOPE_STORAGE_QUOTA``, else DEFAULT_QUOTA.

    Raises UserError for a setting that is not a size.
    """
    text = os.environ.get(VARIABLE) or os.environ.get(ENVIRONMENT[VARIABLE]) or DEFAULT_QUOTA
    parts = re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*(MiB|GiB)\s*", text)
    if not parts:
        raise UserError(
            f"{VARIABLE} must be a number of MiB or GiB, for example 500 MiB or 4 GiB; got "
            f"{text!r}."
        )
    return round(float(parts[1]) * UNITS[parts[2]])


def format_size(size: int) -> str:
    """→ "312 MiB", "4.1 GiB"."""
    unit = "GiB" if size >= UNITS["GiB"] else "MiB"
    number = size / UNITS[unit]
    return f"{number:.{0 if number >= 10 else 1}f}".removesuffix(".0") + f" {unit}"


def usage(store: RunStore) -> str:
    """The size of the store as a sentence."""
    used, quota = database.used_bytes(store.engine), storage_quota()
    advice = " Delete some runs: `python -m nn delete RUN`." if used > quota else ""
    return f"Store: {format_size(used)} of {format_size(quota)}.{advice}"


def enforce_quota(store: RunStore) -> str:
    """Delete snapshots until the store is within its quota: of the oldest runs first, never of an
    active or pinned run, never the first or last snapshot of a run.

    → "", or a message when that was not enough. Raises UserError for a setting that is not a size.
    """
    quota = storage_quota()
    with suppress(OperationalError):
        reserve.make(store.engine)

    def fits() -> bool:
        return database.used_bytes(store.engine) <= quota

    with suppress(OperationalError):  # the store is locked: the next run will do it
        if fits():
            return ""
        for run in reversed(store.runs()):
            if not (run.pinned or run.state.active):
                while not fits() and _thin_out(store, run.id):
                    pass
        database.reclaim(store.engine)
        if not fits():
            return (
                f"The store takes up more than {format_size(quota)}, and no more snapshots can be "
                "deleted automatically. Delete some runs."
            )
    return ""


def _thin_out(store: RunStore, run_id: str) -> bool:
    """Delete every second snapshot of a run → whether there was one to delete."""
    t = schema.snapshots.c
    steps = store.snapshot_steps(run_id)[1:-1:2]
    with store.writing() as connection:
        connection.execute(delete(schema.snapshots).where(t.run == run_id, t.step.in_(steps)))
    return bool(steps)
