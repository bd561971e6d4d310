"""Digitscope's composition root: ``streamlit run app.py`` or ``uvicorn app:app``."""

import streamlit as st

from nn.runs import launch
from pages.parts import bundle, errors, hub

app = st.App(
    "pages/shell.py",
    routes=[hub.route, bundle.plotly_route],
    on_script_error=errors.show,
)
launch.ready.keep()
