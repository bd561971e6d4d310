"""Starting the runs of a visitor from the Sweep page."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from nn.errors import UserError
from nn.runs.store.store import RUN_ID_BYTES
from nn.runs.worker import process
from pages.common import state
from pages.common.text import plain
from pages.server import budget, runs_api
from pages.server.shared_store import store

log = logging.getLogger(__name__)


def visitor_and_run_ids(count: int) -> tuple[str, list[str]]:
    """The id of the visitor, and ids for so many runs that begin now. Raises UserError without a
    cookie, and Rejected where a visitor or an address has many active runs."""
    visitor = state.visitor_id()
    if not visitor:
        raise UserError(runs_api.NO_COOKIE)
    run_ids = [secrets.token_hex(RUN_ID_BYTES) for _ in range(count)]
    address = budget.address_of(st.context.ip_address or "")
    runs_api.limit_active(store(), visitor, run_ids, address)
    return visitor, run_ids


def launch_queued() -> None:
    """Launch what is queued, as far as slots are free. What cannot be launched now stays queued;
    if that is because the cluster does not answer, a toast says so."""
    try:
        process.launch_queued(store())
    except OSError as error:  # the next worker takes them
        log.warning("No worker could be started: %s", error)
    except UserError as error:
        st.toast(plain(str(error)))
