"""The tools above the canvas: undo, clear, pens; images pasted from the clipboard. They post the
drawing at pen-up, and have it predicted while the pen moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from pages.components.register import component

PENS = {"Thin": 10, "Medium": 20, "Thick": 40}  # stroke widths in pixels, as in canvas_tools.html

_show = component("canvas_tools")


class Posted(NamedTuple):
    """What the canvas posted last, not checked yet."""

    drawing_id: int
    png: Any  # of canvas and image, in Base64
    strokes: Any


def canvas_tools(
    key: str,
    image_id: int,
    has_image: bool,
    is_photo: bool,
    on_clear: Callable[[], object],
    on_paste: Callable[[str], object],
) -> tuple[int, Posted | None]:
    """→ the width of the chosen pen in pixels, and the drawing; None without a stroke.

    image_id: changes with the image below the strokes; is_photo: it has colors of its own.
    ``on_clear`` is called when that image is to go, ``on_paste`` with the data URL of another one.
    """
    value = st.session_state.get(key, {})
    pen = value.get("pen")
    pen = pen if pen in PENS.values() else PENS["Medium"]
    _show(
        key=key,
        data={"pen": pen, "image": image_id, "has_image": has_image, "is_photo": is_photo},
        on_pen_change=lambda: None,
        on_drawing_change=lambda: None,
        on_cleared_change=on_clear,
        on_pasted_change=lambda: on_paste(str(st.session_state[key].pasted)),
    )
    drawing = value.get("drawing")
    if not isinstance(drawing, dict) or drawing.get("image") != image_id:
        return pen, None  # of a canvas with another image
    return pen, Posted(int(drawing.get("id") or 0), drawing.get("png"), drawing.get("strokes"))
