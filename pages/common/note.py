"""Note: small print, in the text's own color: Streamlit's captions are too pale to read."""

import streamlit as st


def note(markdown: str) -> None:
    st.markdown(f":small[{markdown}]")
