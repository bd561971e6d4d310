"""The Sweep page: start a sweep, watch it, and find out what matters."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from nn.runs import sweep
from nn.runs.spec import RunSpec
from nn.runs.store.groups import Group, create_group, groups
from nn.runs.store.store import RunStore, State
from tests.browser.app import PATIENCE, Server, accessibility_faults
from tests.browser.conftest import DESKTOP

PHONE = (390, 844)
# Settings of runs that train in a second, as a link has them.
SMALL = "dataset=strokes&train_size=2000&epochs=1"


@pytest.fixture
def group(server: Server) -> Callable[..., Group]:
    """``group(**changes)``: a sweep of 3 × 2 configurations in the store, by the command line."""

    def make(**changes: object) -> Group:
        base = {"dataset": "strokes", "epochs": 1, "train_size": 2000} | changes
        plan = sweep.plan(
            {"lr": "log:0.01..1:3", "hidden": "4/8"}, lambda fields: RunSpec(**(base | fields))
        )
        return create_group(
            RunStore(server.store), "sweep", plan.specs, names=plan.names, **plan.options
        )

    return make


@pytest.fixture
def finished(server: Server, group: Callable[..., Group]) -> Group:
    """A sweep of which all runs have finished."""
    made = group()
    server.launch(made.runs[0])
    until = time.monotonic() + PATIENCE
    while server.active():  # also by a worker of the server, which fills the other slots
        assert time.monotonic() < until
        time.sleep(0.1)
    assert {run.state for run in RunStore(server.store).runs(made.runs)} == {State.FINISHED}
    return made


def lines(page: Page) -> Locator:
    """The configurations in the parallel coordinates."""
    return page.get_by_role("option", name=re.compile("test accuracy"))


def test_a_sweep_is_set_up_started_and_followed_to_its_results(page: Page, server) -> None:
    page.goto(f"{server.url}/sweep?{SMALL}")
    values = page.get_by_role("textbox", name="Values of setting 2")
    values.fill("4/wide")
    values.press("Enter")
    expect(page.get_by_text("Hidden layers must be layer widths")).to_be_visible()
    values.fill("4/8")
    values.press("Enter")
    page.get_by_role("combobox", name=re.compile("Seeds")).click()
    page.get_by_role("option", name="2", exact=True).click()
    expect(page.get_by_text("3 × 2 configurations × 2 seeds = 12 runs")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("12 of 12 runs done")).to_be_visible()
    [made] = groups(RunStore(server.store))
    assert (made.kind, len(made.runs)) == ("sweep", 12)
    assert dict(parse_qsl(urlsplit(page.url).query))["sweep"] == made.id
    expect(page.get_by_text("Best:")).to_be_visible()
    expect(lines(page)).to_have_count(6)
    expect(page.locator(".js-plotly-plot")).to_have_count(3)  # a heat map, two effects
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.slow
def test_stop_stops_what_trains_and_what_waits_and_resume_goes_on(page: Page, server) -> None:
    page.goto(f"{server.url}/sweep?{SMALL.replace('epochs=1', 'epochs=400')}")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("in training")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("0 of 27 runs done · 27 stopped")).to_be_visible()
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_text("in training")).to_be_visible()
    server.stop_runs()


@pytest.mark.slow
def test_the_best_is_trained_longer_and_opened(page: Page, server, finished) -> None:
    page.goto(f"{server.url}/sweep")
    page.get_by_role("button", name="Train the best longer").click()
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    store = RunStore(server.store)
    [longer] = [run for run in store.runs() if run.id not in finished.runs]
    best = max(store.runs(finished.runs), key=lambda run: run.test_accuracy or 0.0)
    assert (longer.spec.lr, longer.spec.hidden) == (best.spec.lr, best.spec.hidden)
    assert longer.spec.epochs == 5
    assert dict(parse_qsl(urlsplit(page.url).query))["run"] == longer.id
    server.stop_runs()


@pytest.mark.slow
def test_a_line_is_highlighted_by_the_pointer_and_by_the_keyboard(
    page: Page, server, finished
) -> None:
    page.goto(f"{server.url}/sweep")
    expect(lines(page)).to_have_count(6)
    page.get_by_role("listbox", name="Configurations, the best first").focus()
    page.keyboard.press("ArrowDown")
    best = page.locator(".line.lifted")
    expect(best).to_have_count(1)
    label = best.get_attribute("aria-label")
    expect(page.locator(".shown")).to_have_text(label)
    accuracies = [run.test_accuracy or 0.0 for run in RunStore(server.store).runs(finished.runs)]
    assert f"{100 * max(accuracies):.2f}" in label
    page.keyboard.press("Escape")
    expect(best).to_have_count(0)
    point = best_middle(page)
    page.mouse.move(*point)
    expect(best).to_have_count(1)


def best_middle(page: Page) -> tuple[float, float]:
    """A point of the best line, on the screen, away from the axes."""
    lines(page).last.scroll_into_view_if_needed()
    x, y = page.evaluate(
        """() => {
          const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>
            [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
          const line = all(document).find((e) => e.id === 'line-0');
          const at = line.getPointAtLength(line.getTotalLength() * 0.3);
          const box = line.ownerSVGElement.getBoundingClientRect();
          return [box.left + at.x, box.top + at.y];
        }"""
    )
    return x, y


@pytest.mark.slow
def test_a_drag_on_an_axis_and_the_keys_filter_the_lines(page: Page, server, finished) -> None:
    page.goto(f"{server.url}/sweep")
    expect(lines(page)).to_have_count(6)
    area = page.locator(".area").first  # of the hidden layers: 4 below, 8 above
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 14)
    page.mouse.down()
    page.mouse.move(x, box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    expect(page.locator(".line.out")).to_have_count(3)
    page.mouse.move(5, 5)
    expect(page.get_by_text("3 of 6 configurations")).to_be_visible()
    handle = page.get_by_role("slider", name="Learning rate, upper end")
    handle.focus()
    page.keyboard.press("ArrowDown")
    expect(handle).to_have_attribute("aria-valuenow", "95")
    expect(page.locator(".line.out")).to_have_count(4)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator(".line.out")).to_have_count(0)


@pytest.mark.slow
def test_a_finger_moves_the_end_of_a_filter_by_a_target_of_40_pixels(
    open_page, server, finished
) -> None:
    page = open_page(PHONE, finger=True)
    page.goto(f"{server.url}/sweep")
    expect(lines(page)).to_have_count(6)
    upper = page.get_by_role("slider", name="Learning rate, upper end")
    upper.scroll_into_view_if_needed()
    box = upper.bounding_box()
    assert min(box["width"], box["height"]) >= 40
    x, bottom = box["x"] + box["width"] / 2, box["y"] + box["height"]
    page.mouse.move(x, bottom - 1)
    page.mouse.down()
    page.mouse.move(x, bottom + 60, steps=5)
    page.mouse.up()
    lower = page.get_by_role("slider", name="Learning rate, lower end")
    expect(lower).to_have_attribute("aria-valuenow", "0")  # no new range has begun
    expect(upper).not_to_have_attribute("aria-valuenow", "100")
    expect(page.locator(".line.out")).to_have_count(2)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_axe_finds_no_fault(open_page, server, finished, size, theme) -> None:
    page = open_page(size, finger=size[0] < 400, theme=theme)
    page.goto(f"{server.url}/sweep")
    expect(lines(page)).to_have_count(6)
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    assert not accessibility_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{server.url}/sweep?sweep=new")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert not accessibility_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
