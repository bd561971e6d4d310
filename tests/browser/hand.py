"""A hand that draws on the Draw page's canvas, and drawings for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from nn.data.synthetic.glyphs import GLYPHS
from nn.data.synthetic.pen import spline
from nn.data.synthetic.render_strokes import Strokes

MAX_POINTS = 12  # points of a recorded path: a mouse skips some too, and each takes a frame


def pen_path(digit: int) -> Strokes:
    """The pen paths of a built-in glyph."""
    return [
        [tuple(point) for point in spline(len(path), 12) @ np.array(path)]
        for path in GLYPHS[digit][0]
    ]


def people(count: int) -> list[tuple[int, Strokes]]:
    """Drawings by people if there are any, else built-in glyphs."""
    folder = os.environ.get("DIGITSCOPE_DRAWINGS")
    if not folder:
        return [(n % 10, pen_path(n % 10)) for n in range(count)]
    found = json.loads((Path(folder) / "chars74k_digits_550.json").read_text())
    return [(d["label"], d["strokes"]) for d in found[:: len(found) // count]][:count]


class Hand:
    """Draws on the canvas with the mouse or with a finger."""

    def __init__(self, page: Page, url: str, finger: bool = False) -> None:
        self.page = page
        page.goto(f"{url}/draw")  # a cold deep link
        self.wait_for_prediction(0)
        self.touch = page.context.new_cdp_session(page) if finger else None

    def draw(self, strokes: Strokes) -> None:
        """Draw, and wait for the prediction of the whole drawing."""
        for number in range(len(strokes)):  # what is shown meanwhile may move the canvas
            self.stroke(self.positions(strokes)[number])
        self.wait_for_prediction(len(strokes))

    def positions(self, strokes: Strokes) -> list[list[list[float]]]:
        """The pen's path on the page."""
        canvas = self.page.locator("canvas.upper-canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        points = np.array([point for path in strokes for point in path], float)
        low, side = points.min(axis=0), float(np.ptp(points, axis=0).max()) or 1.0
        scale = 0.7 * box["width"] / side
        start = np.array([box["x"], box["y"]], float)
        start += (box["width"] - np.ptp(points, axis=0) * scale) / 2
        return [
            (
                start + (np.array([*path[:: -(-len(path) // MAX_POINTS)], path[-1]]) - low) * scale
            ).tolist()
            for path in strokes
        ]

    def stroke(self, positions: list[list[float]]) -> None:
        if not self.touch:
            mouse = self.page.mouse
            mouse.move(*positions[0])
            mouse.down()
            for position in positions:
                mouse.move(*position)
            mouse.up()
            return
        for kind, at in (
            ("touchStart", positions[:1]),
            *(("touchMove", [p]) for p in positions[1:]),
        ):
            points = [{"x": x, "y": y} for x, y in at]
            self.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        self.touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def wait_for_prediction(self, strokes: int) -> None:
        self.page.locator(f".bar-rows[data-strokes='{strokes}']").first.wait_for()

    def clear(self) -> None:
        self.page.keyboard.press("Delete")
        self.wait_for_prediction(0)

    def prediction(self) -> str:
        return self.page.locator("[class*=st-key-prediction] h2").first.inner_text()
