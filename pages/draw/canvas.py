"""The paper: the canvas to write on, what is above it, and a picture that may lie under the ink."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from pages.draw import state as draw_state
from pages.draw.strokes import SIDE, Drawing, dark, opened, png, squared, strokes_of

PENS = {"Thin": 10, "Medium": 20, "Thick": 40}  # pixels

_ASSETS = Path(__file__).parents[2] / "assets"
_UNDO, _CLEAR = (
    f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{path}"/></svg>'
    for path in (
        "M6 9.5 2.5 6 6 2.5M2.5 6h7a4 4 0 0 1 0 8H7",
        "M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9h6.6l.7-9",
    )
)
_tools = st.components.v2.component(
    "digitscope.paper",
    html='<div class="tools" role="toolbar" aria-label="The paper">'
    f'<button name="undo" disabled title="Undo (Z)" aria-keyshortcuts="Z Control+Z">{_UNDO}Undo'
    "</button>"
    f'<button name="clear" disabled title="Clear (Delete)" aria-keyshortcuts="Delete">{_CLEAR}Clear'
    "</button><fieldset><legend>Pen</legend>"
    + "".join(
        f'<label title="{name}"><input type="radio" name="pen" value="{width}" aria-label="{name}">'
        f'<span style="--dot:{max(4, width // 2)}px"></span></label>'
        for name, width in PENS.items()
    )
    + "</fieldset></div>",
    css=(_ASSETS / "draw.css").read_text(),
    js="".join((_ASSETS / file).read_text() for file in ("live.js", "paper.js")),
)


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
        key = draw_state.TOOLS
        chosen = st.session_state.get(key, {}).get("pen", PENS["Medium"])
        width = chosen if chosen in PENS.values() else PENS["Medium"]
        _tools(
            key=key,
            data={"pen": width, "picture": under is not None, "photo": photo},
            on_pen_change=lambda: None,
            on_cleared_change=cleared,
            on_pasted_change=lambda: pasted(str(st.session_state[key].pasted)),
        )
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
