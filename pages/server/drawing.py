"""Drawings as the canvas sends them. Anybody may send anything, so nothing is trusted."""

from __future__ import annotations

import base64
import binascii
import io
import math
from typing import Any

from PIL import Image

from nn.data.formats import image_files
from nn.errors import UserError

SIDE = 400  # pixels of the canvas; a phone shows it smaller
MAX_BYTES = 2_000_000  # of the canvas's PNG, which usually takes a few thousand
MAX_POINTS = 20_000

Stroke = list[tuple[float, float]]  # a pen-down path in pixels, y downwards


def decode(png: Any) -> Image.Image:
    """png: a PNG of the canvas, in Base64 → RGB. Raises UserError for anything else."""
    try:
        data = base64.b64decode(png, validate=True)
    except (TypeError, ValueError, binascii.Error):
        data = b""
    if not data or len(data) > MAX_BYTES:
        raise UserError("The drawing did not arrive. Clear the canvas and draw again.")
    image = image_files.decode(io.BytesIO(data), "The drawing", max_pixels=SIDE * SIDE)
    if image.size != (SIDE, SIDE):
        raise UserError(
            f"Expected a drawing of {SIDE} × {SIDE} pixels, got {image.width} × {image.height}. "
            "Clear the canvas and draw again."
        )
    return image.convert("RGB")


def strokes_of(received: Any) -> list[Stroke]:
    """received: [[[x, y], …], …]; parts that make no sense are skipped."""
    strokes: list[Stroke] = []
    remaining = MAX_POINTS
    for path in received if isinstance(received, list) else []:
        points = [(float(p[0]), float(p[1])) for p in _list(path)[:remaining] if _is_point(p)]
        if points:
            strokes.append(points)
            remaining -= len(points)
    return strokes


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_point(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(n, int | float) and math.isfinite(n) for n in value)
    )
