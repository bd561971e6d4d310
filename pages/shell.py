"""The script that Streamlit runs: page config and navigation, then the chosen page."""

from pathlib import Path

import streamlit as st

from pages.common import state
from pages.components.keyboard_shortcuts import keyboard_shortcuts

ASSETS = Path(__file__).parents[1] / "assets"

st.set_page_config(page_title="Digitscope", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "icon.svg", size="large")

page = st.navigation(
    [
        st.Page(
            "train/page.py",
            title="Train",
            url_path="train",
            icon=":material/timeline:",
            default=True,
        ),
        st.Page("compare/page.py", title="Compare", url_path="compare", icon=":material/compare:"),
        st.Page("race/page.py", title="Race", url_path="race", icon=":material/sports_score:"),
        st.Page("grid/page.py", title="Grid", url_path="grid", icon=":material/apps:"),
        st.Page("sweep/page.py", title="Sweep", url_path="sweep", icon=":material/tune:"),
        st.Page(
            "neurons/page.py", title="Neurons", url_path="neurons", icon=":material/grid_view:"
        ),
        st.Page("draw/page.py", title="Draw", url_path="draw", icon=":material/draw:"),
        st.Page("mistakes/page.py", title="Mistakes", url_path="mistakes", icon=":material/rule:"),
    ]
)
state.keep_first_link(page.url_path)
state.restore()
page.run()
with st.sidebar:
    keyboard_shortcuts()
