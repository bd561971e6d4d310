"""Drawing: what a canvas says is drawn on it, which anybody may have sent, and what lies under."""

from __future__ import annotations

import io
import math
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from nn.data.formats import image_files
from nn.errors import UserError

SIDE = 400  # pixels of the canvas; a phone shows it smaller
MOST_BYTES = 4_000_000  # of a message from the canvas: its PNG takes a few thousand
MOST_POINTS = 20_000

Stroke = list[tuple[float, float]]  # a pen-down path in pixels, y downwards


class Drawing(NamedTuple):
    image: Image.Image  # RGB, what is to be read: the ink, on the picture under it
    strokes: list[Stroke]


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


def opened(png: bytes | None) -> Image.Image:
    """Raises UserError: a person's canvas sends what can be opened, but anybody may send."""
    if not png or len(png) > MOST_BYTES:
        raise UserError("The drawing did not arrive. Clear the paper and draw again.")
    image = image_files.decode(io.BytesIO(png), "The drawing")
    if image.size != (SIDE, SIDE):
        raise UserError(f"The drawing should be {SIDE} × {SIDE} pixels. Clear it and draw again.")
    return image.convert("RGBA")


def squared(picture: Image.Image) -> Image.Image:
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


def dark(image: Image.Image) -> bool:
    return bool(np.median(np.asarray(image.convert("L"))) < 128)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
