"""The Grid page: start many small runs, watch them, compare them."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from nn.runs.store.groups import Group, create_group, groups
from nn.runs.store.store import RunStore, State
from pages.grid import plan
from pages.server import runs_api
from tests.browser.app import Server, accessibility_faults, wait_until
from tests.browser.conftest import DESKTOP

# A grid of four networks that train in a second, together.
SMALL = {
    "columns": "width", "column_values": "4, 8", "rows": "lr", "row_values": "0.1, 0.3",
    "dataset": "strokes", "train_size": "2000", "epochs": "1",
}  # fmt: skip


def open_grid(page: Page, server: Server, **parameters: object) -> None:
    page.goto(f"{server.url}/grid?{urlencode(SMALL | parameters)}")
    expect(cells(page)).to_have_count(4)


def cells(page: Page) -> Locator:
    return page.get_by_role("gridcell")


def parameters(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


@pytest.fixture
def group(server: Server) -> Callable[..., Group]:
    """``group(**changes)``: a grid in the store as the page would start it, by nobody."""

    def make(**changes: object) -> Group:
        base = {**runs_api.DEFAULTS, "hidden": "8", "dataset": "strokes", "epochs": 1} | changes
        made = plan.make(("width", "4, 8"), ("lr", "0.1, 0.3"), base)
        return create_group(RunStore(server.store), "grid", made.specs(), **made.options())

    return make


def start(page: Page) -> None:
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("4 of 4 done", exact=True).first).to_be_visible()


def test_a_link_sets_up_a_grid_and_one_click_trains_it(page: Page, server) -> None:
    open_grid(page, server)
    expect(cells(page).first).to_contain_text("parameters")
    start(page)
    store = RunStore(server.store)
    [group] = groups(store)
    runs = [store.run(run) for run in group.runs]
    assert [(run.spec.hidden, run.spec.lr) for run in runs] == [
        ((4,), 0.1), ((8,), 0.1), ((4,), 0.3), ((8,), 0.3),
    ]  # fmt: skip
    assert all(run.state is State.FINISHED and run.spec.train_size == 2000 for run in runs)
    for cell, run in zip(cells(page).all(), runs, strict=True):
        expect(cell).to_contain_text(f"{100 * run.test_accuracy:.1f} %")
    assert parameters(page)["group"] == group.id
    page.reload()
    expect(page.get_by_text("4 of 4 done", exact=True).first).to_be_visible()


@pytest.mark.slow
def test_the_grid_is_still_there_after_another_page(page: Page, server, group) -> None:
    made = group()
    page.goto(f"{server.url}/grid?group={made.id}")
    expect(cells(page)).to_have_count(4)
    page.get_by_role("link", name="Draw").click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible()
    page.get_by_role("link", name="Grid").click()
    expect(page.get_by_role("button", name="New grid")).to_be_visible()
    assert parameters(page)["group"] == made.id


@pytest.mark.slow
def test_the_cells_are_colored_by_their_results_and_the_scale_says_how(
    page: Page, server, group, record
) -> None:
    made = group(train_size=2000)
    server.launch(made.runs[0])
    page.goto(f"{server.url}/grid?group={made.id}")
    expect(page.get_by_text("4 of 4 done", exact=True).first).to_be_visible()
    store = RunStore(server.store)
    results = [store.run(run).test_accuracy or 0.0 for run in made.runs]
    shares = [
        float(cell.evaluate("e => e.style.getPropertyValue('--share')"))
        for cell in cells(page).all()
    ]
    assert shares[results.index(max(results))] == 1
    assert shares[results.index(min(results))] == 0
    expect(page.locator(".legend")).to_contain_text(f"{100 * max(results):.1f} %")


@pytest.mark.slow
def test_the_page_shows_the_weights_of_each_run_while_it_trains(page: Page, server, group) -> None:
    made = group(epochs=500)
    store = RunStore(server.store)
    page.goto(f"{server.url}/grid?group={made.id}")
    expect(cells(page)).to_have_count(4)
    server.launch(made.runs[0])
    shown = cells(page).first.locator("canvas")
    wait_until(page, lambda: int(shown.get_attribute("data-step") or 0) > 100)
    before = int(shown.get_attribute("data-step") or 0)
    wait_until(page, lambda: int(shown.get_attribute("data-step") or 0) > before)
    expect(cells(page).first).to_contain_text("Training")
    expect(cells(page).last).to_contain_text("Queued")
    store.command(made.runs[0], "stop")


@pytest.mark.slow
def test_stop_all_stops_what_trains_and_what_waits(page: Page, server) -> None:
    open_grid(page, server, epochs=500)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(cells(page).first).to_contain_text("Training")
    page.get_by_role("button", name="Stop all").click()
    expect(page.get_by_text("4 of 4 done", exact=True).first).to_be_visible()
    assert {run.state for run in RunStore(server.store).runs()} == {State.STOPPED}
    expect(page.get_by_role("button", name="Stop all")).to_be_hidden()


@pytest.mark.slow
def test_the_grid_of_somebody_else_can_be_watched_but_not_stopped(page, server, group) -> None:
    page.goto(f"{server.url}/grid?group={group(epochs=500).id}")
    expect(page.get_by_text("0 of 4 done").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop all")).to_be_hidden()


@pytest.mark.slow
def test_arrow_keys_move_enter_opens_and_space_selects_for_comparison(
    page: Page, server, group
) -> None:
    made = group()
    page.goto(f"{server.url}/grid?group={made.id}")
    expect(cells(page)).to_have_count(4)
    cells(page).first.focus()
    page.keyboard.press("ArrowRight")
    expect(cells(page).nth(1)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(cells(page).nth(3)).to_be_focused()
    expect(page.get_by_role("link", name=re.compile(r"Compare \d"))).to_be_hidden()
    page.keyboard.press("Space")
    compare = page.get_by_role("link", name="Compare 2 runs")
    assert (
        compare.get_attribute("href") == f"{server.url}/compare?runs={made.runs[1]},{made.runs[3]}"
    )
    page.keyboard.press("Space")
    expect(compare).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/\?.*run={made.runs[3]}"))
    expect(page.get_by_role("heading", name="Train")).to_be_visible()


@pytest.mark.slow
def test_a_checkbox_selects_and_a_click_beside_it_opens_the_run(page: Page, server, group) -> None:
    made = group()
    page.goto(f"{server.url}/grid?group={made.id}")
    boxes = cells(page).get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(2).check()
    expect(page.get_by_role("link", name="Compare 2 runs")).to_be_visible()
    cells(page).nth(2).locator(".note").click()
    expect(page).to_have_url(re.compile(rf"/\?.*run={made.runs[2]}"))


@pytest.mark.slow
def test_a_deleted_run_leaves_its_cell_and_the_others_stay(page: Page, server, group) -> None:
    made = group()
    store = RunStore(server.store)
    store.delete(made.runs[1])
    page.goto(f"{server.url}/grid?group={made.id}")
    expect(cells(page).nth(1)).to_contain_text("Deleted")
    expect(cells(page).nth(2)).to_contain_text("Queued")
    store.delete(made.runs[2])
    expect(cells(page).nth(2)).to_contain_text("Deleted")
    cells(page).nth(3).get_by_role("checkbox").check()
    expect(cells(page).nth(3)).to_have_attribute("aria-selected", "true")


@pytest.mark.slow
def test_a_group_that_does_not_exist_says_so_and_offers_a_new_grid(page: Page, server) -> None:
    open_grid(page, server, group="nonesuch")
    expect(page.get_by_text("There is no group 'nonesuch'")).to_be_visible()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()


@pytest.mark.slow
def test_values_that_are_not_possible_say_what_to_change(page: Page, server) -> None:
    open_grid(page, server)
    field = page.get_by_role("textbox", name="Values of the rows")
    field.fill("fast")
    field.press("Enter")
    expect(page.get_by_text("Learning rate must be numbers")).to_be_visible()
    field.fill("0.1, 0.3, 1")
    field.press("Enter")
    expect(cells(page)).to_have_count(6)
    assert parameters(page)["row_values"] == "0.1, 0.3, 1"


@pytest.mark.slow
def test_new_grid_keeps_the_settings_of_the_one_in_view(page: Page, server, group) -> None:
    made = group(train_size=2000)
    page.goto(f"{server.url}/grid?group={made.id}")
    page.get_by_role("button", name="New grid").click()
    expect(page.get_by_role("textbox", name="Values of the rows")).to_have_value("0.1, 0.3")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    found = parameters(page)
    assert "group" not in found
    assert (found["rows"], found["train_size"]) == ("lr", "2000")


@pytest.mark.slow
@pytest.mark.parametrize("show", ["4", "9", "curve"])
@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), ((390, 844), "dark")])
def test_axe_finds_no_fault(open_page, server, group, record, size, theme, show) -> None:
    made = group(train_size=2000)
    server.launch(made.runs[0])
    page = open_page(size, finger=size[0] < 400, theme=theme)
    page.goto(f"{server.url}/grid?group={made.id}")
    expect(page.get_by_text("4 of 4 done", exact=True).first).to_be_visible()
    page.get_by_label("Cells show").select_option(show)
    assert not accessibility_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
