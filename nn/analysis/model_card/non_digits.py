"""Images that no model should classify, drawn in other ways than those that training sees: printed
letters, shapes, and pages with nothing on them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SIDE = 280  # pixels
LETTERS = "AEFHKMNRTVWXahkmnrtwx"  # of no form that a digit has, too
PENS = (5, 10, 18)  # pixels

Sheet = NDArray[np.uint8]  # (SIDE, SIDE), dark strokes on white

Point = tuple[float, float]
# Corners of the lines, as shares of the side.
SHAPES: dict[str, list[list[Point]]] = {
    "square": [[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)]],
    "plus": [[(0.2, 0.5), (0.8, 0.5)], [(0.5, 0.2), (0.5, 0.8)]],
    "cross": [[(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)]],
    "horizontal line": [[(0.15, 0.5), (0.85, 0.5)]],
    "triangle": [[(0.5, 0.2), (0.85, 0.8), (0.15, 0.8), (0.5, 0.2)]],
    "house": [
        [(0.2, 0.45), (0.5, 0.15), (0.8, 0.45), (0.8, 0.85), (0.2, 0.85), (0.2, 0.45), (0.8, 0.45)]
    ],
    "star": [[(0.5, 0.1), (0.74, 0.83), (0.12, 0.38), (0.88, 0.38), (0.26, 0.83), (0.5, 0.1)]],
    "arrow": [[(0.1, 0.5), (0.9, 0.5)], [(0.65, 0.3), (0.9, 0.5), (0.65, 0.7)]],
    "envelope": [
        [(0.1, 0.25), (0.9, 0.25), (0.9, 0.75), (0.1, 0.75), (0.1, 0.25), (0.5, 0.55), (0.9, 0.25)]
    ],
    "check mark": [[(0.15, 0.55), (0.4, 0.8), (0.85, 0.2)]],
}


def letters() -> list[Sheet]:
    """Each letter in three sizes, each upright and slanting to both sides."""
    sheets = []
    for letter in LETTERS:
        for size in (90, 150, 200):
            font = ImageFont.load_default(size)
            for slant in (-0.2, 0.0, 0.2):
                sheet = Image.new("L", (SIDE, SIDE), 255)
                center = (SIDE / 2, SIDE / 2)
                ImageDraw.Draw(sheet).text(center, letter, 0, font=font, anchor="mm")
                data = (1, slant, -slant * SIDE / 2, 0, 1, 0)
                slanting = sheet.transform(sheet.size, Image.Transform.AFFINE, data, fillcolor=255)
                sheets.append(np.asarray(slanting))
    return sheets


def shapes(name: str) -> list[Sheet]:
    """One of SHAPES with three pens, each drawn six times by an unsteady hand."""
    rng = np.random.default_rng(0)
    sheets = []
    for pen in PENS * 6:
        sheet = Image.new("L", (2 * SIDE, 2 * SIDE), 255)
        jitter = {corner: rng.normal(0, 0.015, 2) for path in SHAPES[name] for corner in path}
        for path in SHAPES[name]:
            points = [tuple(2 * SIDE * (np.array(corner) + jitter[corner])) for corner in path]
            ImageDraw.Draw(sheet).line(points, 0, 2 * pen, joint="curve")
        sheets.append(np.asarray(sheet.reduce(2)))
    return sheets


def noise() -> list[Sheet]:
    """Blocks of many sizes, black and white or gray, and fine grain."""
    rng = np.random.default_rng(0)
    sheets = []
    for side in (7, 10, 14, 20, 28, 40):
        for share in (0.2, 0.3, 0.5):
            cells = (rng.random((side, side)) < share) * rng.choice([1, 0.5], p=[0.7, 0.3])
            sheets.append(np.kron(255 - 255 * cells, np.ones((SIDE // side,) * 2)))
    sheets += [rng.normal(128, deviation, (SIDE, SIDE)) for deviation in (5, 20, 60)]
    sheets += [rng.uniform(0, 255, (side, side)) for side in (60, 140, SIDE)]
    return [sheet.clip(0, 255).astype(np.uint8) for sheet in sheets]


def blank_pages() -> list[Sheet]:
    """White, gray and black, with grain, and in light that falls off in several directions."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    lights = [
        np.ones((SIDE, SIDE)), 0.5 + 0 * x, 0 * x, x, y, (x + y) / 2, 0.4 + 0.5 * x, 1 - 0.6 * y,
        1 - (x - 0.5) ** 2 - (y - 0.5) ** 2, np.hypot(x, y) / 2,
    ]  # fmt: skip
    rng = np.random.default_rng(0)
    return [
        (255 * light + rng.normal(0, grain, light.shape)).clip(0, 255).astype(np.uint8)
        for light in lights
        for grain in (0, 2, 5)
    ]
