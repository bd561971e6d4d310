"""Words that are not ours, shown as they are."""

import re


def plain(text: str) -> str:
    """``text`` for Streamlit's Markdown: no link, picture, formula or icon comes of it."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
