"""Drawings as the canvas sends them. Anybody may send anything, so nothing is trusted."""

from __future__ import annotations

import io
import math
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from nn.data.formats import image_files
from nn.errors import UserError

SIDE = 400  # pixels of the canvas; a phone shows it smaller
MAX_BYTES = 4_000_000  # of the canvas's PNG, which usually takes a few thousand
MAX_POINTS = 20_000

Stroke = list[tuple[float, float]]  # a pen-down path in pixels, y downwards


class Drawing(NamedTuple):
    image: Image.Image  # RGB: the strokes, on the image under them
    strokes: list[Stroke]


def strokes_of(message: Any) -> list[Stroke]:
    """The pen paths in the canvas's message; parts that make no sense are skipped."""
    objects = message.get("objects") if isinstance(message, dict) else None
    strokes: list[Stroke] = []
    remaining = MAX_POINTS
    for item in objects if isinstance(objects, list) else []:
        path = item.get("path") if isinstance(item, dict) else None
        points = [
            point for step in (path if isinstance(path, list) else []) for point in _end_point(step)
        ]
        if points and remaining > 0:
            strokes.append(points[:remaining])
            remaining -= len(points)
    return strokes


def _end_point(step: Any) -> Stroke:
    """The last two numbers of a step of an SVG path."""
    point = step[-2:] if isinstance(step, list) and len(step) >= 3 else []
    if len(point) == 2 and all(isinstance(n, int | float) and math.isfinite(n) for n in point):
        return [(float(point[0]), float(point[1]))]
    return []


def decode_canvas(data: bytes | None) -> Image.Image:
    """data: a PNG of the canvas → RGBA. Raises UserError for anything else."""
    if not data or len(data) > MAX_BYTES:
        raise UserError("The drawing did not arrive. Clear the canvas and draw again.")
    image = image_files.decode(io.BytesIO(data), "The drawing")
    if image.size != (SIDE, SIDE):
        raise UserError(
            f"Expected a drawing of {SIDE} × {SIDE} pixels, got {image.width} × {image.height}. "
            "Clear the canvas and draw again."
        )
    return image.convert("RGBA")


def fit_to_canvas(image: Image.Image) -> Image.Image:
    """The image scaled to the canvas; margins have the median color of its border."""
    rgb = image.convert("RGB")
    scale = SIDE / max(rgb.size)
    size = max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale))
    filter = Image.Resampling.NEAREST if scale > 4 else Image.Resampling.BICUBIC
    pixels = np.asarray(rgb)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(level) for level in np.median(border, axis=0))
    square = Image.new("RGB", (SIDE, SIDE), (red, green, blue))
    square.paste(rgb.resize(size, filter), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return square


def is_dark(image: Image.Image) -> bool:
    return bool(np.median(np.asarray(image.convert("L"))) < 128)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
