"""Views of pen drawings: the ways in which recorded strokes are rendered to test a model."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nn.data.synthetic.render_strokes import Strokes, parse
from nn.errors import UserError

SIDE = 600  # pixels of the canvas
FILES = {"chars74k_digits_550.json": "Chars74K", "pendigits_train_1500.json": "pendigits"}

Sheet = NDArray[np.uint8]  # (SIDE, SIDE), dark strokes on white


class Drawings(NamedTuple):
    """Drawings by people, n of them."""

    name: str
    strokes: list[Strokes]
    labels: NDArray[np.intp]  # (n,)
    reported: NDArray[np.bool_]  # (n,) False: was used to choose between models


def load(folder: Path) -> list[Drawings]:
    """The two sets of drawings in ``folder``. Raises UserError if a file is missing or invalid."""
    sets = []
    for file, name in FILES.items():
        try:
            text = (folder / file).read_text("utf-8")
        except OSError as error:
            raise UserError(
                f"{folder / file} cannot be read: {error.strerror or error}. Choose a folder with "
                f"{' and '.join(FILES)}."
            ) from None
        labels, strokes = zip(*parse(text, file), strict=True)
        writers = [str(drawing.get("writer", "")) for drawing in json.loads(text)]
        reported = np.array([not is_for_choosing(writer) for writer in writers])
        sets.append(Drawings(name, list(strokes), np.array(labels), reported))
    return sets


def is_for_choosing(writer: str) -> bool:
    """Whether this writer's drawings may be used to choose between models; others are reported."""
    return zlib.crc32(writer.encode()) % 2 == 0


def render(
    strokes: Strokes, pen: float, size: float = 0.75, corner: bool = False, rotation: float = 0.0
) -> Sheet:
    """pen: its width, and size: the longer side of the drawing, as shares of SIDE; corner: at the
    top left instead of in the middle; rotation: degrees clockwise."""
    angle = np.deg2rad(rotation)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    paths = [np.asarray(path, float) @ matrix for path in strokes]
    low, high = (end(np.concatenate(paths), axis=0) for end in (np.min, np.max))
    scale = size * SIDE / max(*(high - low), 1e-9)
    first = 0.08 * SIDE if corner else (SIDE - (high - low) * scale) / 2
    sheet = Image.new("L", (2 * SIDE, 2 * SIDE), 255)
    canvas, radius = ImageDraw.Draw(sheet), pen * SIDE  # half of the width, at twice the size
    for path in paths:
        points: list[Any] = [tuple(point) for point in 2 * ((path - low) * scale + first)]
        canvas.line(points, 0, round(2 * radius))
        for x, y in points:
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), 0)
    return np.asarray(sheet.reduce(2))


VIEWS: dict[str, Callable[[Strokes], Sheet]] = {
    "stroke width 1/40 of the canvas": partial(render, pen=1 / 40),
    "stroke width 1/20": partial(render, pen=1 / 20),
    "stroke width 1/10": partial(render, pen=1 / 10),
    "in a corner": partial(render, pen=1 / 40, size=0.4, corner=True),
    "a quarter of the size": partial(render, pen=1 / 80, size=0.19),
    "rotated 15° clockwise": partial(render, pen=1 / 20, rotation=15),
    "rotated 15° counterclockwise": partial(render, pen=1 / 20, rotation=-15),
}
