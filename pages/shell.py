"""The script that Streamlit runs: page config and navigation, then the chosen page."""

from pathlib import Path

import streamlit as st

from pages.parts import session

ASSETS = Path(__file__).parents[1] / "assets"

st.set_page_config(page_title="Digitscope", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "icon.svg", size="large")
st.html(ASSETS / "page.css")

session.write_address()
st.navigation(
    [
        st.Page("train.py", title="Train", icon=":material/timeline:", default=True),
        st.Page("neurons.py", title="Neurons", icon=":material/grid_view:"),
        st.Page("draw.py", title="Draw", icon=":material/draw:"),
        st.Page("mistakes.py", title="Mistakes", icon=":material/rule:"),
    ]
).run()
