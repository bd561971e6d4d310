"""What a visitor sees when a page script fails: a message, never a traceback."""

import logging

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from nn.errors import UserError
from nn.runs.store import outage
from pages.common.text import plain

log = logging.getLogger(__name__)


def show(error: Exception) -> bool:
    """Handler for ``st.App(on_script_error=…)``; True: Streamlit shows nothing of its own."""
    if isinstance(error, UserError):
        st.error(plain(str(error)))
    elif isinstance(error, SQLAlchemyError):
        log.warning("A page script failed: %s", error)
        is_away = outage.is_temporary(error) and not outage.is_locked(error)
        # A server's own words name its address: they are for the log.
        reason = "The database does not answer." if is_away else outage.explain(error)
        st.error(plain(f"{reason} Your runs are safe, and those in training go on."))
        st.button("Try again", key="try_again")
    else:
        log.exception("A page script failed.", exc_info=error)
        st.error(
            "Something went wrong on this page. Your runs are safe; reload the page. If it happens "
            "again, check the terminal that runs Digitscope for details."
        )
    return True
