"""The canvas, its tools, and an image that may lie under the strokes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from pages.components.canvas_tools import canvas_tools
from pages.draw import input_image
from pages.draw import state as draw_state
from pages.draw.canvas_image import fit_to_canvas, is_dark, png
from pages.server import drawing
from pages.server.drawing import SIDE, Stroke


class Drawing(NamedTuple):
    id: int  # 0: nothing was drawn
    image: Image.Image  # RGB: the strokes, on the image under them
    strokes: list[Stroke]


def canvas(
    image: input_image.LoadedImage | None,
    image_id: int,
    on_clear: Callable[[], object],
    on_paste: Callable[[str], object],
) -> Drawing | None:
    """→ the drawing; None without a stroke.

    image: lies under the strokes. ``on_clear`` is called when it is to go, ``on_paste`` with the
    data URL of another one. Raises UserError for a message that the canvas cannot have sent.
    """
    with st.container(key="canvas_area", gap="small"):
        is_photo = bool(image and not image.is_preprocessed)
        pen, posted = canvas_tools(
            draw_state.TOOLS, image_id, image is not None, is_photo, on_clear, on_paste
        )
        background = fit_to_canvas(input_image.on_canvas(image)) if image else None
        # It sends nothing itself: the tools do, when it has drawn the finished stroke.
        st_canvas(
            stroke_width=pen,
            stroke_color="#ffffff" if background and is_dark(background) else "#000000",
            background_color="#ffffff",
            background_image=f"data:image/png;base64,{base64.b64encode(png(background)).decode()}"
            if background
            else None,
            initial_drawing={"image": image_id},  # another one empties the canvas
            update_streamlit=False,
            width=SIDE,
            height=SIDE,
            key="canvas",
        )
    strokes = drawing.strokes_of(posted.strokes) if posted else []
    if not posted or not strokes:
        return None
    return Drawing(posted.drawing_id, drawing.decode(posted.png), strokes)
