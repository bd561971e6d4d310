"""The paper: the canvas to write on, what is above it, and a picture that may lie under the ink."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from nn.digits import pictures
from nn.errors import UserError
from pages.parts import session

SIDE = 400  # pixels of the canvas; a phone shows it smaller
PENS = {"Thin": 10, "Medium": 20, "Thick": 40}  # pixels
MOST_BYTES = 4_000_000  # of a message from the canvas: its PNG takes a few thousand
MOST_POINTS = 20_000

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

Stroke = list[tuple[float, float]]  # a pen-down path in pixels, y downwards


class Drawing(NamedTuple):
    image: Image.Image  # RGB, what is to be read: the ink, on the picture under it
    strokes: list[Stroke]


def paper(
    under: Image.Image | None, cleared: Callable[[], object], pasted: Callable[[str], object]
) -> Drawing | None:
    """Tools and canvas; None while there is nothing on it.

    under: a picture to write on; ``cleared`` is called when the person wants it gone, ``pasted``
    with the data URL of another one.
    Raises UserError for a message that the canvas cannot have sent.
    """
    with st.container(key="paper", gap="small"):
        key = session.TOOLS
        chosen = st.session_state.get(key, {}).get("pen", PENS["Medium"])
        width = chosen if chosen in PENS.values() else PENS["Medium"]
        _tools(
            key=key,
            data={"pen": width, "picture": under is not None},
            on_pen_change=lambda: None,
            on_cleared_change=cleared,
            on_pasted_change=lambda: pasted(str(st.session_state[key].pasted)),
        )
        base = _squared(under) if under else None
        drawn = st_canvas(
            stroke_width=width,
            stroke_color="#ffffff" if base and _dark(base) else "#000000",
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
    image = _opened(drawn.image_bytes)
    if base:
        base.paste(image, mask=image)
        image = base
    return Drawing(image.convert("RGB"), strokes)


def strokes_of(message: Any) -> list[Stroke]:
    """The pen paths in what the canvas says of itself, as far as it makes sense."""
    objects = message.get("objects") if isinstance(message, dict) else None
    strokes: list[Stroke] = []
    left = MOST_POINTS
    for thing in objects if isinstance(objects, list) else []:
        path = thing.get("path") if isinstance(thing, dict) else None
        points = [
            point for step in (path if isinstance(path, list) else []) for point in _end(step)
        ]
        if points and left > 0:
            strokes.append(points[:left])
            left -= len(points)
    return strokes


def _end(step: Any) -> Stroke:
    """Where a step of an SVG path ends: its last two numbers."""
    place = step[-2:] if isinstance(step, list) and len(step) >= 3 else []
    if len(place) == 2 and all(isinstance(n, int | float) and math.isfinite(n) for n in place):
        return [(float(place[0]), float(place[1]))]
    return []


def _opened(png: bytes | None) -> Image.Image:
    """Raises UserError: a person's canvas sends what can be opened, but anybody may send."""
    if not png or len(png) > MOST_BYTES:
        raise UserError("The drawing did not arrive. Clear the paper and draw again.")
    image = pictures.decoded(io.BytesIO(png), "The drawing")
    if image.size != (SIDE, SIDE):
        raise UserError(f"The drawing should be {SIDE} × {SIDE} pixels. Clear it and draw again.")
    return image.convert("RGBA")


def _squared(picture: Image.Image) -> Image.Image:
    """The picture on the whole canvas, its margins as its border is."""
    image = picture.convert("RGB")
    scale = SIDE / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    filter = Image.Resampling.NEAREST if scale > 4 else Image.Resampling.BICUBIC
    pixels = np.asarray(image)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(level) for level in np.median(edge, axis=0))
    square = Image.new("RGB", (SIDE, SIDE), (red, green, blue))
    square.paste(image.resize(size, filter), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return square


def _dark(image: Image.Image) -> bool:
    return bool(np.median(np.asarray(image.convert("L"))) < 128)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
