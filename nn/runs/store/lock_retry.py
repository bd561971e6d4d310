"""Retrying writes while another program has the store locked or its server is out of reach, and the
errors that end it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.store import outage

LOCK_RETRY_SECONDS = 120.0  # for which a write is repeated: a server may be restarted meanwhile
LOCK_WAIT = 0.1  # seconds that each attempt waits for a locked store
LOG_INTERVAL = 10.0  # seconds between two lines in the log

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

log = logging.getLogger(__name__)
_next_line = 0.0  # time.monotonic()


class Unwritable(UserError):
    """The store cannot be written, for example because the disk is full."""


class Locked(Unwritable):
    """Another program has locked the store, or its server was out of reach, for
    LOCK_RETRY_SECONDS."""

    def __init__(self, error: OperationalError) -> None:
        super().__init__(
            f"The store could not be written for {LOCK_RETRY_SECONDS:.0f} seconds. "
            f"{outage.explain(error)} Then resume this run."
        )


def raise_unless_locked(error: OperationalError) -> None:
    """Raise Unwritable for an error that waiting does not cure; log the others now and then."""
    global _next_line
    if outage.is_full(error):
        raise Unwritable(f"{outage.explain(error)} Then resume this run.") from None
    if not outage.is_temporary(error):
        raise Unwritable(
            f"The store cannot be written: {error.orig}. Fix that, then resume this run."
        ) from None
    if time.monotonic() > _next_line:
        _next_line = time.monotonic() + LOG_INTERVAL
        log.warning(
            "%s Trying again, for up to %.0f seconds.", outage.explain(error), LOCK_RETRY_SECONDS
        )


def retry_while_locked(
    use: Callable[Arguments, Result], until: Callable[[], bool] = lambda: False
) -> Callable[Arguments, Result]:
    """Decorator: repeat ``use`` for LOCK_RETRY_SECONDS while the store is locked.

    until: ends it earlier, with the error.
    """

    @wraps(use)
    def retry(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        give_up = time.monotonic() + LOCK_RETRY_SECONDS
        while True:
            try:
                return use(*args, **kwargs)
            except OperationalError as error:
                raise_unless_locked(error)
                if until():
                    raise
                if time.monotonic() > give_up:
                    raise Locked(error) from None
            time.sleep(LOCK_WAIT)

    return retry
