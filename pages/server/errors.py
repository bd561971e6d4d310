"""What a person sees when a page script fails: a sentence, never a traceback."""

import logging

import streamlit as st

from nn.errors import UserError
from pages.common.text import plain

log = logging.getLogger(__name__)


def show(error: Exception) -> bool:
    """Handler for ``st.App(on_script_error=…)``; True: Streamlit shows nothing of its own."""
    if isinstance(error, UserError):
        st.error(plain(str(error)))
    else:
        log.exception("A page script failed.", exc_info=error)
        st.error(
            "Something went wrong on this page; nothing recorded is lost. Reload it. If that does "
            "not help, the terminal where Digitscope runs shows the details."
        )
    return True
