"""A hand that writes on the Draw page's paper, and drawings for it to write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from nn.data.synthetic.glyphs import GLYPHS
from nn.data.synthetic.pen import spline
from nn.data.synthetic.render_strokes import Strokes

MOST = 12  # points of a recorded path: a mouse skips some too, and each takes a frame


def pen_path(digit: int) -> Strokes:
    """A built-in form's pen paths, as a neat hand writes it."""
    return [
        [tuple(point) for point in spline(len(path), 12) @ np.array(path)]
        for path in GLYPHS[digit][0]
    ]


def people(count: int) -> list[tuple[int, Strokes]]:
    """So many drawings by people where there are some, else by nobody."""
    folder = os.environ.get("DIGITSCOPE_DRAWINGS")
    if not folder:
        return [(n % 10, pen_path(n % 10)) for n in range(count)]
    found = json.loads((Path(folder) / "chars74k_digits_550.json").read_text())
    return [(d["label"], d["strokes"]) for d in found[:: len(found) // count]][:count]


class Hand:
    """Writes on the paper with the mouse, or with a finger."""

    def __init__(self, page: Page, url: str, finger: bool = False) -> None:
        self.page = page
        page.goto(f"{url}/draw")  # a cold deep link
        self.answered(0)
        self.touch = page.context.new_cdp_session(page) if finger else None

    def write(self, strokes: Strokes) -> None:
        """And wait until all of them are answered."""
        for path in self.places(strokes):
            self.stroke(path)
        self.answered(len(strokes))

    def places(self, strokes: Strokes) -> list[list[list[float]]]:
        """Where on the page the pen goes."""
        paper = self.page.locator("canvas.upper-canvas")
        paper.scroll_into_view_if_needed()
        box = paper.bounding_box()
        assert box
        points = np.array([point for path in strokes for point in path], float)
        low, side = points.min(axis=0), float(np.ptp(points, axis=0).max()) or 1.0
        scale = 0.7 * box["width"] / side
        start = np.array([box["x"], box["y"]], float)
        start += (box["width"] - np.ptp(points, axis=0) * scale) / 2
        return [
            (start + (np.array([*path[:: -(-len(path) // MOST)], path[-1]]) - low) * scale).tolist()
            for path in strokes
        ]

    def stroke(self, places: list[list[float]]) -> None:
        if not self.touch:
            mouse = self.page.mouse
            mouse.move(*places[0])
            mouse.down()
            for place in places:
                mouse.move(*place)
            mouse.up()
            return
        for kind, at in (("touchStart", places[:1]), *(("touchMove", [p]) for p in places[1:])):
            points = [{"x": x, "y": y} for x, y in at]
            self.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        self.touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def answered(self, strokes: int) -> None:
        self.page.wait_for_function(
            "n => document.querySelector('.bars')?.dataset.strokes === String(n)", arg=strokes
        )

    def clear(self) -> None:
        self.page.keyboard.press("Delete")
        self.answered(0)

    def verdict(self) -> str:
        return self.page.locator("[class*=st-key-answer] h3").first.inner_text()
