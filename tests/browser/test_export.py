"""The exported HTML report, opened from its file while offline."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from nn.export import html_report as exported
from nn.runs.store.store import RunStore
from tests.browser.app import paint

HOSTILE = "</script><b>x"


@pytest.fixture(scope="module")
def path(tmp_path_factory, trained):
    folder = tmp_path_factory.mktemp("export")
    store = RunStore(f"sqlite:///{folder / 'store.sqlite3'}")
    run = trained(store, HOSTILE, hidden=(12,), batch_size=38, epochs=4, validation_size=1000)
    written = folder / "run.html"
    exported.write(store, run, store.snapshot_steps(run.id), written, iter)
    return written


@pytest.fixture
def opened(page, path):
    page.context.set_offline(True)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    yield page
    assert requests == [path.as_uri()]


def wall(page):
    """The drawn pixels of the wall."""
    pixels = page.evaluate(
        "[...document.querySelector('#wall').getContext('2d')"
        ".getImageData(0, 0, document.querySelector('#wall').width, 60).data]"
    )
    return np.array(pixels)


def test_a_hostile_name_is_shown_as_plain_text(opened):
    assert opened.inner_text("h1") == HOSTILE
    assert opened.locator("h1 b").count() == 0
    assert HOSTILE in opened.title()


def test_dragging_the_timeline_updates_wall_and_matrix(opened):
    end, slider = wall(opened), opened.locator("#snapshot")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    opened.mouse.move(box["x"] + box["width"] - 8, middle)
    opened.mouse.down()
    opened.mouse.move(box["x"] + 2, middle, steps=5)
    opened.mouse.up()
    paint(opened, 3)
    assert slider.input_value() == "0"
    assert slider.get_attribute("aria-valuetext").startswith("Before training")
    assert "test images, before training" in opened.inner_text("#confusion-matrix")
    assert (wall(opened) != end).any()


def test_the_timeline_plays_and_can_be_moved_with_the_keyboard(opened):
    slider, last = opened.locator("#snapshot"), opened.locator("#snapshot").get_attribute("max")
    assert int(last) >= 39
    slider.focus()
    opened.keyboard.press("ArrowLeft")
    assert slider.input_value() == str(int(last) - 1)
    opened.keyboard.press("Home")
    assert slider.input_value() == "0"
    opened.get_by_role("button", name="Play").click()
    expect(slider).to_have_value(re.compile(r"^([3-9]|\d\d)$"))
    opened.get_by_role("button", name="Pause").click()
    paused = slider.input_value()
    paint(opened, 20)
    assert slider.input_value() == paused


def test_a_neuron_is_enlarged_with_pointer_and_keyboard(opened):
    lens = opened.locator(".lens")
    assert not lens.is_visible()
    opened.hover("#wall", position={"x": 5, "y": 5})
    assert lens.inner_text().startswith("Neuron 0")
    opened.locator("#wall").focus()
    opened.keyboard.press("ArrowRight")
    assert lens.inner_text().startswith("Neuron 1")
    opened.keyboard.press("Escape")
    assert not lens.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_fits_any_screen_in_both_themes(opened, width):
    opened.set_viewport_size({"width": width, "height": 800})
    backgrounds = []
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        paint(opened, 3)
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        backgrounds.append(opened.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert backgrounds == ["rgb(255, 255, 255)", "rgb(18, 22, 28)"]
