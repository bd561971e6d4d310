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
        st.error(plain(f"{outage.explain(error)} Then reload the page; your runs are safe."))
    else:
        log.exception("A page script failed.", exc_info=error)
        st.error(
            "Something went wrong on this page. Your runs are safe; reload the page. If it happens "
            "again, check the terminal that runs Digitscope for details."
        )
    return True
