"""Render recorded pen strokes as an image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from math import isfinite
from typing import Any

from PIL import Image, ImageDraw

from nn.errors import UserError

Strokes = Sequence[Sequence[tuple[float, float]]]  # paths of (x, y) with the pen down, y downward

SIDE = 400  # pixels of the image
DRAWING_SHARE = 0.7  # of the side, for the longer side of the drawing
PEN_RADIUS = 1 / 20  # of the side, drawn at twice the resolution
MAX_DRAWINGS, MAX_POINTS = 10_000, 20_000


def render(strokes: Strokes) -> Image.Image:
    """Dark on white, at a fixed size whatever the scale of the strokes; at least one point."""
    points = list(chain(*strokes))
    left, top = (min(axis) for axis in zip(*points, strict=True))
    width, height = (max(axis) - min(axis) for axis in zip(*points, strict=True))
    scale = DRAWING_SHARE * SIDE / (max(width, height) or 1)
    margin_x, margin_y = (SIDE - width * scale) / 2, (SIDE - height * scale) / 2
    image = Image.new("L", (2 * SIDE, 2 * SIDE), 255)
    canvas, radius = ImageDraw.Draw(image), PEN_RADIUS * SIDE
    for path in strokes:
        line = [
            (2 * (margin_x + (x - left) * scale), 2 * (margin_y + (y - top) * scale))
            for x, y in path
        ]
        canvas.line(line, 0, round(2 * radius))
        for x, y in line:
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), 0)
    return image.reduce(2)


def parse(text: str, name: str) -> list[tuple[int, Strokes]]:
    """(label, strokes) of each drawing in a JSON list of {"label", "strokes"}.

    Raises UserError with the error and the drawing that has it; ``name`` is the file's name.
    """
    try:
        drawings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name} is not valid JSON: {error}.") from None
    if not isinstance(drawings, list) or not 0 < len(drawings) <= MAX_DRAWINGS:
        raise UserError(
            f'{name}: expected a list of 1 to {MAX_DRAWINGS:,} drawings {{"label", "strokes"}}.'
        )
    return [_parse_drawing(item, f"{name}, drawing {n}") for n, item in enumerate(drawings, 1)]


def _parse_drawing(drawing: Any, name: str) -> tuple[int, Strokes]:
    label = drawing.get("label") if isinstance(drawing, dict) else None
    if not isinstance(label, int) or isinstance(label, bool) or not 0 <= label <= 9:
        raise UserError(f"{name}: expected a label from 0 to 9, got {str(label)[:40]!r}.")
    paths = drawing.get("strokes")
    try:
        strokes = [[(float(x), float(y)) for x, y in path] for path in paths if path]
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{name}: expected strokes, each a list of points [x, y].") from None
    numbers = list(chain(*chain(*strokes)))
    if not 0 < len(numbers) <= 2 * MAX_POINTS or not all(
        isfinite(number) and abs(number) < 1e9 for number in numbers
    ):
        raise UserError(f"{name}: expected 1 to {MAX_POINTS:,} points with finite coordinates.")
    return label, strokes
