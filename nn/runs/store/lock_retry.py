"""Retrying writes while another program has the store locked, and the errors that end it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.store import database

LOCK_RETRY_SECONDS = 30.0  # for which a write is repeated
LOCK_WAIT = 0.1  # seconds that each attempt waits for a locked store

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Unwritable(UserError):
    """The store cannot be written, for example because the disk is full."""


class Locked(Unwritable):
    """Another program has locked the store for LOCK_RETRY_SECONDS."""

    def __init__(self) -> None:
        super().__init__(
            f"Another program kept the store locked for {LOCK_RETRY_SECONDS:.0f} seconds. Close "
            "that program, then resume this run."
        )


def raise_unless_locked(error: OperationalError) -> None:
    """Raise Unwritable for an error that waiting does not cure."""
    if not database.is_locked(error):
        raise Unwritable(
            f"The store cannot be written: {error.orig}. Fix that, then resume this run."
        ) from None


def retry_while_locked(write: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorator: repeat ``write`` for LOCK_RETRY_SECONDS while the store is locked."""

    @wraps(write)
    def retry(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        until = time.monotonic() + LOCK_RETRY_SECONDS
        while True:
            try:
                return write(*args, **kwargs)
            except OperationalError as error:
                raise_unless_locked(error)
            if time.monotonic() > until:
                raise Locked
            time.sleep(LOCK_WAIT)

    return retry
