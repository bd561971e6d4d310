"""Digitscope's composition root: ``streamlit run app.py`` or ``uvicorn app:app``."""

import streamlit as st
from starlette.middleware import Middleware

from nn.runs import launch
from pages.parts import bundle, errors, film, hub, visitor

app = st.App(
    "pages/shell.py",
    routes=[hub.route, film.route, bundle.plotly_route],
    middleware=[Middleware(visitor.Cookie)],
    on_script_error=errors.show,
)
launch.ready.keep()
