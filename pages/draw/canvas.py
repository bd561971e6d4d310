"""The paper: the canvas to write on, what is above it, and a picture that may lie under the ink."""

from __future__ import annotations

import base64
from collections.abc import Callable

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from pages.components.canvas_tools import canvas_tools
from pages.draw import state as draw_state
from pages.draw.strokes import SIDE, Drawing, dark, opened, png, squared, strokes_of


def paper(
    under: Image.Image | None,
    photo: bool,
    cleared: Callable[[], object],
    pasted: Callable[[str], object],
) -> Drawing | None:
    """Tools and canvas; None while there is nothing on it.

    under: a picture to write on, with colors of its own if it is a ``photo``. ``cleared`` is
    called when the person wants it gone, ``pasted`` with the data URL of another one.
    Raises UserError for a message that the canvas cannot have sent.
    """
    with st.container(key="paper", gap="small"):
        width = canvas_tools(draw_state.TOOLS, under is not None, photo, cleared, pasted)
        base = squared(under) if under else None
        drawn = st_canvas(
            stroke_width=width,
            stroke_color="#ffffff" if base and dark(base) else "#000000",
            background_color="#ffffff",
            background_image=f"data:image/png;base64,{base64.b64encode(png(base)).decode()}"
            if base
            else None,
            width=SIDE,
            height=SIDE,
            return_image_data=True,
            key="canvas",
        )
    strokes = strokes_of(drawn.json_data)
    if not strokes:
        return None
    try:
        sent = drawn.image_bytes
    except (ValueError, TypeError, AttributeError):  # no data URL
        sent = None
    image = opened(sent)
    if base:
        base.paste(image, mask=image)
        image = base
    return Drawing(image.convert("RGB"), strokes)
