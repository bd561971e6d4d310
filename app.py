"""Digitscope's composition root: ``streamlit run app.py`` or ``uvicorn app:app``."""

import streamlit as st
from starlette.middleware import Middleware
from threadpoolctl import threadpool_limits

from nn.runs.worker import process
from pages.common import errors
from pages.server import (
    assets,
    base_path,
    hub,
    live_prediction,
    old_links,
    plotly_asset,
    snapshots_route,
    visitor_cookie,
)

BASE = f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")  # "" or "/BASE"
ROUTES = (
    assets.route,
    hub.route,
    snapshots_route.route,
    live_prediction.route,
    plotly_asset.plotly_route,
)

app = st.App(
    "pages/shell.py",
    routes=base_path.under(BASE, ROUTES),
    middleware=[Middleware(old_links.OldLinks, BASE), Middleware(visitor_cookie.VisitorCookie)],
    on_script_error=errors.show,
)
# What the server computes is small, and BLAS threads wait busily for each other; workers, which
# train, are processes of their own.
threadpool_limits(1, "blas")
process.standby.start()
