"""The tools above the canvas: undo, clear, pens; images pasted from the clipboard."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.register import component

PENS = {"Thin": 10, "Medium": 20, "Thick": 40}  # stroke widths in pixels, as in canvas_tools.html

_show = component("canvas_tools")


def canvas_tools(
    key: str,
    has_image: bool,
    is_photo: bool,
    on_clear: Callable[[], object],
    on_paste: Callable[[str], object],
) -> int:
    """→ the width of the chosen pen, in pixels.

    has_image: an image lies below the strokes; is_photo: it has colors of its own. ``on_clear`` is
    called when that image is to go, ``on_paste`` with the data URL of another one.
    """
    chosen = st.session_state.get(key, {}).get("pen")
    pen = chosen if chosen in PENS.values() else PENS["Medium"]
    _show(
        key=key,
        data={"pen": pen, "has_image": has_image, "is_photo": is_photo},
        on_pen_change=lambda: None,
        on_cleared_change=on_clear,
        on_pasted_change=lambda: on_paste(str(st.session_state[key].pasted)),
    )
    return pen
