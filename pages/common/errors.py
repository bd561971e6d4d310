"""What a visitor sees when a page script fails: a message, never a traceback."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from nn.errors import UserError
from nn.runs.store import outage
from pages.common.text import plain
from pages.server.runs_api import Rejected

log = logging.getLogger(__name__)


def explained(error: Exception) -> str:
    """Why something failed, as sentences for a visitor; "" for an error of the program itself."""
    if isinstance(error, UserError | Rejected):
        return str(error)
    if isinstance(error, SQLAlchemyError):
        return outage.for_visitors(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        what = f"{error.filename} cannot be written" if error.filename else "nothing can be written"
        return f"The disk is full, so {what}. Free up disk space, then try again."
    return ""


def show(error: Exception) -> bool:
    """Handler for ``st.App(on_script_error=…)``; True: Streamlit shows nothing of its own."""
    message = explained(error)
    if isinstance(error, UserError):
        log.warning("A page script failed: %s", error)
        st.error(plain(message))
    elif message:
        log.warning("A page script failed: %s", _line(error))
        in_training = "" if _is_full(error) else ", and those in training go on"
        st.error(plain(f"{message} Your runs are safe{in_training}."))
        st.button("Try again", key="try_again")
    else:
        log.exception("A page script failed.", exc_info=error)
        st.error(
            "Something went wrong on this page. Your runs are safe; reload the page. If it happens "
            "again, check the terminal that runs Digitscope for details."
        )
    return True


def toast(message: str) -> None:
    """Long enough to read."""
    st.toast(plain(message), icon=":material/error:", duration="infinite")


@contextmanager
def in_toast(show: Callable[[str], None] = toast) -> Iterator[None]:
    """Show in a toast why the block failed: an error that leaves a widget's callback would leave
    the page empty. Errors of the program itself are raised.

    show: shows a message, or keeps it for the end of the script run: the callback of a fragment may
    not show anything itself.
    """
    try:
        yield
    except Exception as error:
        message = explained(error)
        if not message:
            raise
        log.warning("Nothing was changed: %s", _line(error))
        show(message)


def keep_tracebacks_out_of_the_log() -> None:
    """Those of errors that can be explained, for which a line is enough. Streamlit logs the
    traceback of whatever a script raises."""
    logging.getLogger("streamlit.error_util").addFilter(_is_a_fault)


def _is_a_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, Exception) and explained(error))


def _is_full(error: Exception) -> bool:
    return not isinstance(error, SQLAlchemyError) or outage.is_full(error)


def _line(error: Exception) -> str:
    """The database's own words, without the statement and the link that SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error)
