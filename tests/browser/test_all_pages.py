"""What holds on every page: no request to another host, accessible, usable on a phone."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import STEP, WALL, accessibility_faults, start, wait_for, wait_until
from tests.browser.hand import Hand, pen_path

DESKTOP, PHONE = (1280, 800), (390, 844)
PAGES = ("", "compare", "race", "grid", "sweep", "neurons", "draw", "mistakes")
SETTINGS = "epochs=1&hidden=16"
CONTROLS = ("button", "checkbox", "combobox", "radio", "slider", "spinbutton", "tab", "textbox")

# Every heading's level and text, in order, with those in the components.
HEADINGS = """(() => {
  const headings = (root) => [...root.querySelectorAll('*')].flatMap((element) => [
    ...(/^h[1-6]$/.test(element.localName) && element.checkVisibility()
      ? [[Number(element.localName[1]), element.textContent.trim()]] : []),
    ...(element.shadowRoot ? headings(element.shadowRoot) : []),
  ]);
  return headings(document);
})()"""
# Buttons, links and fields in our components that are smaller than a finger, and how small; the
# sidebar is left of the screen.
SMALL_TARGETS = """[...document.querySelectorAll('*')].filter((host) => host.shadowRoot)
  .flatMap((host) => [...host.shadowRoot.querySelectorAll(
    'button, a, select, summary, input, [role=slider]')])
  .filter((target) => target.checkVisibility())
  .map((target) => [target, (target.closest('label') ?? target).getBoundingClientRect()])
  .filter(([_, { right, width, height }]) => right > 0 && width && Math.min(width, height) < SIDE)
  .map(([target, { width, height }]) => `${target.outerHTML.slice(0, 80)}: ` +
    `${width.toFixed(0)} × ${height.toFixed(0)}`)"""


def visit(page: Page, url: str, name: str, query: str = "") -> None:
    """Open a page and wait until it shows what it is for."""
    page.goto(f"{url}/{name}?{query}")
    if name == "draw":
        expect(page.locator(".dc-canvas").first).to_be_visible()
        # The canvas brings buttons of its own, which ours replace.
        expect(page.get_by_role("button", name="Undo")).to_have_count(1)
    elif name == "grid":
        expect(page.get_by_role("gridcell").first).to_be_visible()
    elif name == "sweep":
        expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    elif name == "compare":
        expect(page.get_by_role("table", name="Recorded runs")).to_be_visible()
    elif name == "mistakes":
        expect(page.get_by_role("table", name="Confusion matrix")).to_be_visible()
    else:
        wait_for(page, f"{WALL}?.dataset.step")
    if name == "neurons":
        expect(page.locator(".neuron-details .title")).to_have_text(re.compile("Neuron"))
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def finish(page: Page, url: str) -> None:
    """Train a run to its end."""
    visit(page, url, "", SETTINGS)
    start(page)
    expect(page.locator(".state")).to_have_text("Finished")


@pytest.mark.slow
def test_nothing_is_requested_from_another_host(page, server) -> None:
    requests = []
    page.context.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda socket: requests.append(socket.url))
    finish(page, server.url)
    wait_for(page, "Number(document.querySelector('.plot')?.dataset.points) > 0")
    for name in ("Report (.html)", "Weight wall (.png)", "Curves (.csv)", "NumPy code (.zip)"):
        if not page.get_by_role("button", name=name).is_visible():
            page.get_by_role("button", name="Export").click()
        with page.expect_download():
            page.get_by_role("button", name=name).click()
    page.keyboard.press("Escape")  # closes the menu
    expect(page.get_by_role("button", name="Report (.html)")).to_be_hidden()
    with page.expect_download():
        page.get_by_role("button", name="Download curves (PNG)").click()
    visit(page, server.url, "neurons")
    visit(page, server.url, "mistakes")
    page.get_by_role("tab", name="Calibration").click()
    chart = page.locator(".js-plotly-plot").first
    expect(chart).to_be_visible()
    chart.hover()
    expect(page.locator(".modebar-btn")).to_have_count(0)
    hand = Hand(page, server.url)
    hand.draw(pen_path(3))
    hosts = {urlsplit(url).netloc for url in requests if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(server.url).netloc}


@pytest.mark.parametrize(
    ("size", "theme"),
    [pytest.param(DESKTOP, "light", marks=pytest.mark.slow), (PHONE, "dark")],
)
def test_every_page_is_accessible_and_fits_its_screen(open_page, server, size, theme) -> None:
    is_phone = size == PHONE
    page = open_page(size, finger=is_phone, theme=theme)
    visit(page, server.url, "", "epochs=200")
    assert not accessibility_faults(page)
    start(page)
    assert not accessibility_faults(page), "while training"
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".state")).to_have_text("Stopped")
    expect(page.get_by_role("button", name="Export")).to_be_visible()
    for name in PAGES:
        if name:
            visit(page, server.url, name)
        assert not accessibility_faults(page), name
        wait_until(page, lambda: in_order(page.evaluate(HEADINGS)))
        assert_controls_have_unique_names(page, name)
        if is_phone:
            assert_a_phone_is_enough(page, name)


def in_order(headings: list[tuple[int, str]]) -> bool:
    levels = [level for level, _ in headings]
    return (
        all(text for _, text in headings)
        and levels[:1] == [1]
        and levels.count(1) == 1
        and all(b <= a + 1 for a, b in pairwise(levels))
    )


def assert_controls_have_unique_names(page: Page, name: str) -> None:
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    names = Counter(
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in CONTROLS
    )
    for streamlits in ("Open", "Navigate to home page"):  # of its select boxes; its logo
        del names["button", streamlits]
    assert names and all(text for _, text in names), (name, names)
    assert max(names.values()) == 1, (name, names.most_common(3))


def assert_a_phone_is_enough(page: Page, name: str) -> None:
    """Nothing to scroll sideways, and targets for a finger."""
    scrolled = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map((box) => box.scrollWidth - box.clientWidth)"
    )
    assert scrolled == [0, 0], name
    # The ten columns of the matrix share the width; its lists are the larger targets.
    side = 30 if name == "mistakes" else 40
    assert not page.evaluate(SMALL_TARGETS.replace("SIDE", str(side))), name


@pytest.mark.slow
def test_the_curves_are_said_in_words(page, server) -> None:
    finish(page, server.url)
    curves = page.get_by_role("img", name="Curves of loss and accuracy")
    expect(curves).to_have_attribute(
        "aria-label", re.compile(r"training loss \d\.\d\d at first, .*, test accuracy \d+\.\d %\.$")
    )


@pytest.mark.slow
def test_what_to_do_next_takes_two_rows_on_a_phone(open_page, server) -> None:
    page = open_page(PHONE, finger=True)
    finish(page, server.url)
    buttons = [
        page.get_by_role("button", name=re.compile(name))
        for name in ("^Draw a digit for", "^See its", "^Train again", "^Export")
    ]
    tops = set()
    for button in buttons:
        expect(button).to_be_visible()
        tops.add(round(button.bounding_box()["y"]))
    assert len(tops) == 2


@pytest.mark.slow
def test_shortcuts_of_a_single_key_can_be_switched_off(page, server, record) -> None:
    record("a run")
    visit(page, server.url, "mistakes")
    page.get_by_text("Keyboard shortcuts").click()
    page.get_by_label("Single-key shortcuts").uncheck()
    page.reload()
    expect(page.get_by_role("table", name="Confusion matrix")).to_be_visible()
    page.keyboard.press("d")  # Streamlit's own shortcut of our button
    page.wait_for_timeout(500)
    expect(page.get_by_role("dialog")).to_have_count(0)
    visit(page, server.url, "", SETTINGS)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    page.keyboard.press("s")  # a component's
    page.wait_for_timeout(500)
    assert page.evaluate(f"{WALL}.dataset.step") == "0"
    page.get_by_text("Keyboard shortcuts").click()
    page.get_by_label("Single-key shortcuts").check()
    page.keyboard.press("s")
    wait_for(page, f"{STEP} > 0")


@pytest.mark.slow
def test_neurons_are_announced_to_the_keyboard(page, server, record) -> None:
    run = record("a run", hidden=(24,))
    visit(page, server.url, "", f"run={run.id}")
    page.get_by_role("img", name="First-layer weights").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    announced = page.get_by_role("status").filter(has_text="Neuron")
    expect(announced).to_have_text(re.compile(r"^Neuron 2 of 24, largest weight \d"))
    page.keyboard.press("Escape")
    page.get_by_role("img", name="weights, from pixels to digits").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(announced.or_(page.get_by_role("status").filter(has_text="Digit"))).to_have_text(
        re.compile(r"^Digit 0, of 10: strongest weight −?-?\d.*, from neuron \d+$")
    )
