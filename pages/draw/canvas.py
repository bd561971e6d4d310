"""The canvas, its tools, and an image that may lie under the strokes."""

from __future__ import annotations

import base64
from collections.abc import Callable

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from pages.components.canvas_tools import canvas_tools
from pages.draw import state as draw_state
from pages.draw.strokes import (
    SIDE,
    Drawing,
    decode_canvas,
    fit_to_canvas,
    is_dark,
    png,
    strokes_of,
)


def canvas(
    image: Image.Image | None,
    is_photo: bool,
    on_clear: Callable[[], object],
    on_paste: Callable[[str], object],
) -> Drawing | None:
    """→ the drawing; None without a stroke.

    image: lies under the strokes; is_photo: it has colors of its own. ``on_clear`` is called when
    the image is to go, ``on_paste`` with the data URL of another one. Raises UserError for a
    message that the canvas cannot have sent.
    """
    with st.container(key="canvas_area", gap="small"):
        pen = canvas_tools(draw_state.TOOLS, image is not None, is_photo, on_clear, on_paste)
        background = fit_to_canvas(image) if image else None
        received = st_canvas(
            stroke_width=pen,
            stroke_color="#ffffff" if background and is_dark(background) else "#000000",
            background_color="#ffffff",
            background_image=f"data:image/png;base64,{base64.b64encode(png(background)).decode()}"
            if background
            else None,
            width=SIDE,
            height=SIDE,
            return_image_data=True,
            key="canvas",
        )
    strokes = strokes_of(received.json_data)
    if not strokes:
        return None
    try:
        data = received.image_bytes
    except (ValueError, TypeError, AttributeError):  # no data URL
        data = None
    drawn = decode_canvas(data)
    if background:
        background.paste(drawn, mask=drawn)
        drawn = background
    return Drawing(drawn.convert("RGB"), strokes)
