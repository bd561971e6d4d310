"""Starting the runs of a visitor from the Sweep page."""

from __future__ import annotations

import logging

import streamlit as st

from nn.errors import UserError
from nn.runs.worker import process
from pages.common import state
from pages.common.text import plain
from pages.server import runs_api
from pages.server.shared_store import store

log = logging.getLogger(__name__)


def visitor_who_starts(count: int) -> str:
    """The id of the visitor, for so many runs that begin now. Raises UserError without a cookie,
    and Rejected for a visitor with many active runs."""
    visitor = state.visitor_id()
    if not visitor:
        raise UserError(runs_api.NO_COOKIE)
    runs_api.limit_active(store(), visitor, [f"new {number}" for number in range(count)])
    return visitor


def launch_queued() -> None:
    """Launch what is queued, as far as slots are free. What cannot be launched now stays queued;
    if that is because the cluster does not answer, a toast says so."""
    try:
        process.launch_queued(store())
    except OSError as error:  # the next worker takes them
        log.warning("No worker could be started: %s", error)
    except UserError as error:
        st.toast(plain(str(error)))
