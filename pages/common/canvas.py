"""The canvas, its tools, and an image that may lie under the strokes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from nn import IMAGE_SIDE
from nn.data.preprocess.pipeline import Preprocessed, Problem
from pages.common.canvas_image import fit_to_canvas, is_dark, png
from pages.components.canvas_tools import canvas_tools
from pages.server import drawing
from pages.server.drawing import SIDE, Stroke

# What an empty canvas is to a network.
BLANK = Preprocessed(np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8), Problem.BLANK, {})


class Drawing(NamedTuple):
    id: int  # 0: nothing was drawn
    image: Image.Image  # RGB: the strokes, on the image under them
    strokes: list[Stroke]


def canvas(
    tools: str,
    image: Image.Image | None = None,
    image_id: int = 0,
    is_photo: bool = False,
    on_clear: Callable[[], object] = lambda: None,
    on_paste: Callable[[str], object] = lambda url: None,
) -> Drawing | None:
    """→ the drawing; None without a stroke.

    tools: the key of the tools' widget; image: lies under the strokes; image_id: changes with it;
    is_photo: whether it has colors of its own. ``on_clear`` is called when it is to go,
    ``on_paste`` with the data URL of another one. Raises UserError for a message that the canvas
    cannot have sent.
    """
    with st.container(key="canvas_area", gap="small"):
        pen, posted = canvas_tools(tools, image_id, image is not None, is_photo, on_clear, on_paste)
        background = fit_to_canvas(image) if image else None
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
