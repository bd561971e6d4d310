"""The Draw page: digits written on the real canvas with the real mouse."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from nn.digits.forms import FORMS
from nn.digits.pen import spline
from nn.runs.spec import RunSpec
from nn.runs.store import RunStore
from nn.runs.worker import work


def pen_path(digit: int) -> list[list[tuple[float, float]]]:
    """A built-in form's pen paths as points in [0, 1]², as a neat hand writes it."""
    return [
        [tuple(point) for point in spline(len(path), 12) @ np.array(path)]
        for path in FORMS[digit][0]
    ]


def write(page: Page, digit: int) -> None:
    canvas = page.locator("canvas").last
    box = canvas.bounding_box()
    assert box
    for path in pen_path(digit):
        places = [(box["x"] + 90 + 190 * x, box["y"] + 70 + 190 * y) for x, y in path]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places:
            page.mouse.move(*place)
        page.mouse.up()


def test_without_a_network_the_page_says_what_to_do(page: Page, server) -> None:
    page.goto(f"{server.url}/draw")  # a cold deep link
    expect(page.get_by_text("No network has finished learning yet")).to_be_visible()
    page.get_by_role("link", name="Go to Train").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_drawn_digits_are_read(page: Page, server) -> None:
    store = RunStore(server.store)
    for _ in work(store, store.create(RunSpec(data="strokes", hidden=(64,), epochs=5)).id):
        pass
    for digit in (2, 4, 7):
        page.goto(f"{server.url}/draw")
        expect(page.get_by_role("heading", name="Draw something")).to_be_visible()
        expect(page.locator("canvas").last).to_be_visible()
        write(page, digit)
        answer = page.get_by_role("heading", name=f"It reads a {digit}")
        expect(answer).to_be_visible(timeout=10_000)
