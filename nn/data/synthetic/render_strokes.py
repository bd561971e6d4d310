"""Replay: recorded pen strokes → the picture that they drew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from math import isfinite
from typing import Any

from PIL import Image, ImageDraw

from nn.errors import UserError

Strokes = Sequence[Sequence[tuple[float, float]]]  # pen-down paths of (x, y), y downwards

SIDE = 400  # pixels of the picture
SHARE = 0.7  # of it, that the longer side of the drawing takes
PEN = 1 / 20  # of the side
MOST_DRAWINGS, MOST_POINTS = 10_000, 20_000


def render(strokes: Strokes) -> Image.Image:
    """Dark on white, whatever the scale and place of the strokes; at least one point."""
    points = list(chain(*strokes))
    left, top = (min(axis) for axis in zip(*points, strict=True))
    width, height = (max(axis) - min(axis) for axis in zip(*points, strict=True))
    scale = SHARE * SIDE / (max(width, height) or 1)
    across, down = (SIDE - width * scale) / 2, (SIDE - height * scale) / 2
    sheet = Image.new("L", (2 * SIDE, 2 * SIDE), 255)
    brush, radius = ImageDraw.Draw(sheet), PEN * SIDE
    for path in strokes:
        places = [
            (2 * (across + (x - left) * scale), 2 * (down + (y - top) * scale)) for x, y in path
        ]
        brush.line(places, 0, round(2 * radius))
        for x, y in places:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), 0)
    return sheet.reduce(2)


def parse(text: str, name: str) -> list[tuple[int, Strokes]]:
    """(label, strokes) of each drawing in a JSON list of {"label", "strokes"}.

    Raises UserError naming what is wrong and in which drawing.
    """
    try:
        drawings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name} is not JSON: {error}.") from None
    if not isinstance(drawings, list) or not 0 < len(drawings) <= MOST_DRAWINGS:
        raise UserError(
            f'{name}: expected a list of 1 to {MOST_DRAWINGS:,} drawings {{"label", "strokes"}}.'
        )
    return [_drawing(drawing, f"{name}, drawing {n}") for n, drawing in enumerate(drawings, 1)]


def _drawing(drawing: Any, name: str) -> tuple[int, Strokes]:
    label = drawing.get("label") if isinstance(drawing, dict) else None
    if not isinstance(label, int) or isinstance(label, bool) or not 0 <= label <= 9:
        raise UserError(f"{name}: expected a label from 0 to 9, found {str(label)[:40]!r}.")
    paths = drawing.get("strokes")
    try:
        strokes = [[(float(x), float(y)) for x, y in path] for path in paths if path]
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{name}: expected strokes, each a list of points [x, y].") from None
    numbers = list(chain(*chain(*strokes)))
    if not 0 < len(numbers) <= 2 * MOST_POINTS or not all(
        isfinite(number) and abs(number) < 1e9 for number in numbers
    ):
        raise UserError(f"{name}: expected 1 to {MOST_POINTS:,} points, finite numbers.")
    return label, strokes
