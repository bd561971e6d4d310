"""Digitscope's composition root: ``streamlit run app.py`` or ``uvicorn app:app``."""

import sys
from contextlib import suppress

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware import Middleware
from threadpoolctl import threadpool_limits

from nn.errors import UserError
from nn.runs.worker import process
from pages.common import errors
from pages.server import (
    base_path,
    budget,
    guard,
    old_links,
    owner,
    page_head,
    routes,
    shared_store,
    visitor_cookie,
)

BASE = f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")  # "" or "/BASE"


def address() -> str:
    """The server's address, as far as it is known: uvicorn's options are not, only the path is."""
    if "streamlit.web.cli" not in sys.modules:
        return BASE
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    host = st.get_option("server.address")
    if host in (None, "0.0.0.0", "::"):
        host = "localhost"
    return f"{scheme}://{host}:{st.get_option('server.port')}{BASE}"


def allowed_hosts() -> list[str]:
    """The server's names that its configuration has."""
    options = (st.get_option("server.address"), st.get_option("browser.serverAddress"))
    return [*st.get_option("server.allowedHosts"), *filter(None, options)]


app = st.App(
    "pages/shell.py",
    routes=base_path.under(BASE, routes.ROUTES),
    middleware=[
        Middleware(guard.Guard, allowed_hosts()),
        Middleware(old_links.OldLinks, BASE),
        Middleware(budget.Charge),
        Middleware(visitor_cookie.VisitorCookie),
        Middleware(page_head.PageHead, BASE),
    ],
    on_script_error=errors.show,
    exception_handlers=routes.EXCEPTION_HANDLERS,
    lifespan=owner.printing_link(address),
)
# What the server computes is small, and BLAS threads wait busily for each other; workers, which
# train, are processes of their own.
threadpool_limits(1, "blas")
# While a thread computes, the event loop waits so long for its turn, several times a frame; 5 ms by
# default.
sys.setswitchinterval(0.001)
errors.keep_tracebacks_out_of_the_log()
process.standby.start()
with suppress(UserError, SQLAlchemyError, OSError):  # the pages say so
    process.launch_queued(shared_store.store())
    process.keep_slots_filled(shared_store.store())
