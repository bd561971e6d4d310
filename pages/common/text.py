"""Text for Streamlit's Markdown."""

import re

import streamlit as st


def plain(text: str) -> str:
    """``text`` as it is: no link, image, formula or icon comes of what others have typed."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def with_article(digit: int) -> str:
    return f"an {digit}" if digit == 8 else f"a {digit}"


def note(markdown: str) -> None:
    """Small print in the color of the text: Streamlit's captions have too little contrast."""
    st.markdown(f":small[{markdown}]")
