"""Digitscope's composition root: ``streamlit run app.py`` or ``uvicorn app:app``."""

import gc

import streamlit as st
from starlette.middleware import Middleware
from threadpoolctl import threadpool_limits

from nn.runs import launch
from pages.parts import bundle, errors, film, hub, visitor

app = st.App(
    "pages/shell.py",
    routes=[hub.route, film.route, bundle.plotly_route],
    middleware=[Middleware(visitor.Cookie)],
    on_script_error=errors.show,
)
# What the server computes is small, and BLAS threads wait busily for each other; workers, which
# train, are processes of their own.
threadpool_limits(1, "blas")
launch.ready.keep()
# Streamlit collects garbage after each script run and answers nobody meanwhile: 0.1 s, a third of
# it when what is loaded by now is left out.
gc.freeze()
