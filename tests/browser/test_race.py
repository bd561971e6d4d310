"""The Race page: a link sets a race up, one click starts it, and the page says who leads."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from nn.runs.spec import RunSpec
from nn.runs.store import groups
from nn.runs.store.groups import Group
from nn.runs.store.run import Run
from nn.runs.store.store import RunStore, State
from tests.browser.app import PATIENCE, accessibility_faults, copied, wait_until

# Long enough to be watched, and small.
RATES = "vary=lr&values=0.01,0.1,3&train_size=5000&epochs=400&hidden=24"
PHONE = (390, 844)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def lane(page: Page, label: str) -> Locator:
    return page.get_by_role("article").filter(
        has=page.get_by_role("heading", name=re.compile(rf"(^| |rate){re.escape(label)}$"))
    )


def race_of(store: RunStore) -> tuple[Group, list[Run]]:
    [group] = groups.groups(store)
    return group, [store.run(run_id) for run_id in group.runs]


def seen_in(store: RunStore) -> set[int]:
    """How many images the members have seen."""
    return {run.samples_seen for run in race_of(store)[1]}


@pytest.fixture
def store(server) -> RunStore:
    return RunStore(server.store)


@pytest.mark.slow
def test_a_teachers_link_sets_up_a_race_which_one_click_starts(
    page: Page, server, store: RunStore, open_page: Callable[..., Page]
) -> None:
    page.goto(f"{server.url}/race?{RATES}")
    link = copied(page, lambda: button(page, "Copy link").click())
    pupil = open_page()
    pupil.goto(link)
    for label in ("0.01", "0.1", "3"):
        expect(lane(pupil, label)).to_contain_text("Not started")
    assert groups.groups(store) == []
    button(pupil, "Start").click()
    for label in ("0.01", "0.1", "3"):
        expect(lane(pupil, label)).to_contain_text("Training")
    expect(pupil.get_by_text(re.compile(r"^0\.0?1 (leads|and)")).first).to_be_visible()
    expect(
        pupil.get_by_text(re.compile(r"\b3 (is no better than guessing|has diverged)")).first
    ).to_be_visible()
    group, runs = race_of(store)
    assert [run.spec.lr for run in runs] == [0.01, 0.1, 3.0]
    assert {run.spec.train_size for run in runs} == {5000}
    assert group.id in pupil.url and not accessibility_faults(pupil)


def test_a_race_is_paused_advanced_stopped_and_resumed_as_a_whole(
    page: Page, server, store: RunStore
) -> None:
    page.goto(f"{server.url}/race?{RATES}")
    button(page, "Start").click()
    button(page, "Pause").click()
    button(page, "Resume").wait_for()
    for label in ("0.01", "0.1", "3"):
        expect(lane(page, label)).to_contain_text("Paused")
    _, runs = race_of(store)
    assert {run.state for run in runs} == {State.PAUSED}
    [seen] = seen_in(store)
    button(page, "One batch").click()
    wait_until(page, lambda: seen_in(store) == {seen + RunSpec().batch_size})
    button(page, "Resume").click()
    wait_until(page, lambda: min(seen_in(store)) > seen + RunSpec().batch_size)
    page.get_by_role("slider", name="Speed").press("Home")
    wait_until(page, lambda: {store.current_setting(run.id, "speed") for run in runs} == {1})
    expect(page.get_by_text("1 per second", exact=True)).to_be_visible()
    for _ in range(2):
        button(page, "Stop").click()
        for label in ("0.01", "0.1", "3"):
            expect(lane(page, label)).to_contain_text("Stopped")
        expect(page.get_by_text("The race was stopped.").first).to_be_visible()
        assert {run.state for run in race_of(store)[1]} == {State.STOPPED}
        before = seen_in(store)
        assert len(before) == 1
        button(page, "Resume").click()
        wait_until(page, lambda before=before: seen_in(store).isdisjoint(before))
        for label in ("0.01", "0.1", "3"):
            expect(lane(page, label)).to_contain_text("Training")


@pytest.mark.slow
def test_the_settings_on_train_are_raced_and_a_member_leads_back(
    page: Page, server, store: RunStore
) -> None:
    page.goto(f"{server.url}/?hidden=24&train_size=2000&epochs=400&lr=0.05")
    button(page, "Race these settings").click()
    for label in ("0.005", "0.05", "0.5"):
        expect(lane(page, label)).to_be_visible()
    expect(page.get_by_text("Hidden layers 24")).to_be_visible()
    page.get_by_role("link", name="Train").click()
    rate = page.get_by_role("spinbutton", name="Learning rate")
    page.get_by_text("Training", exact=True).click()
    rate.fill("0.2")
    rate.press("Enter")
    expect(page).to_have_url(re.compile(r"lr=0\.2"))
    button(page, "Race these settings").click()
    expect(lane(page, "0.02")).to_be_visible()
    button(page, "Start").click()
    expect(lane(page, "2")).to_contain_text("Training")
    group, runs = race_of(store)
    assert [(run.spec.lr, run.spec.hidden) for run in runs] == [
        (0.02, (24,)), (0.2, (24,)), (2.0, (24,)),
    ]  # fmt: skip
    lane(page, "0.2").get_by_role("link", name="Open run").click()
    page.get_by_text("A member of a race:").wait_for()
    button(page, "Pause").click()
    button(page, "Resume").wait_for()
    assert {run.state for run in race_of(store)[1]} == {State.PAUSED}
    button(page, "Open its race").click()
    expect(lane(page, "2")).to_contain_text("Paused")
    assert group.id in page.url


@pytest.mark.slow
def test_values_typed_just_before_start_are_raced(page: Page, server, store: RunStore) -> None:
    page.goto(f"{server.url}/race?train_size=2000&epochs=400&hidden=24")
    page.get_by_role("textbox", name="Values").fill("0.02, 0.2")
    button(page, "Start").click()
    expect(lane(page, "0.2")).to_contain_text("Training")
    assert [run.spec.lr for run in race_of(store)[1]] == [0.02, 0.2]


@pytest.mark.slow
def test_a_member_that_is_deleted_drops_out(page: Page, server, store: RunStore) -> None:
    page.goto(f"{server.url}/race?{RATES}")
    button(page, "Start").click()
    expect(lane(page, "3")).to_contain_text("Training")
    _, (first, _, third) = race_of(store)
    store.delete(third.id)
    expect(lane(page, "3")).to_contain_text("Deleted")
    here = store.run(first.id).samples_seen
    wait_until(page, lambda: store.run(first.id).samples_seen > here)
    expect(lane(page, "0.1")).to_contain_text("Training")


@pytest.mark.slow
def test_another_setting_suggests_its_values_and_a_wrong_one_says_why(page: Page, server) -> None:
    page.goto(f"{server.url}/race")
    page.get_by_role("combobox", name="Varied setting").click()
    page.get_by_role("option", name="Optimizer").click()
    expect(page.get_by_role("textbox", name="Values")).to_have_value("sgd, rmsprop, adam")
    expect(lane(page, "RMSProp")).to_be_visible()
    expect(page).to_have_url(re.compile("vary=optimizer"))
    values = page.get_by_role("textbox", name="Values")
    values.fill("sgd, magic")
    values.press("Enter")
    expect(page.get_by_text("Optimizer must be one of")).to_be_visible()
    expect(button(page, "Start")).to_have_count(0)
    values.fill("adam")
    values.press("Enter")
    expect(page.get_by_text("A race has 2 to 4 configurations; got 1.")).to_be_visible()


@pytest.mark.slow
def test_presets_race_each_other(page: Page, server, store: RunStore) -> None:
    page.goto(f"{server.url}/race?vary=preset&values=standard,sigmoid-30&train_size=1000&epochs=9")
    expect(lane(page, "Textbook (30 sigmoid neurons)")).to_be_visible()
    button(page, "Start").click()
    expect(button(page, "New race")).to_be_visible()
    wait_until(page, lambda: groups.groups(store))
    assert [run.spec.hidden for run in race_of(store)[1]] == [(128,), (30,)]


@pytest.mark.slow
def test_a_race_of_the_command_line_is_watched_and_not_controlled(
    page: Page, server, store: RunStore
) -> None:
    options = "--hidden", "8", "--dataset", "strokes", "--epochs", "5000"
    racing = server.nn("race", *options, "--set", "lr=0.1,1")
    wait_until(page, lambda: groups.groups(store))
    page.goto(f"{server.url}/race?group={race_of(store)[0].id}")
    expect(page.get_by_text("This race was started by the command line.")).to_be_visible()
    expect(lane(page, "0.1")).to_contain_text("Training")
    expect(button(page, "Pause")).to_have_count(0)
    button(page, "New race").click()
    expect(button(page, "Start")).to_be_enabled()
    page.goto(f"{server.url}/race?group=nonesuch")
    expect(page.get_by_text("There is no group")).to_be_visible()
    expect(button(page, "Start")).to_be_enabled()
    server.stop_runs()
    assert racing.wait(PATIENCE) == 0


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_and_a_keyboard_are_enough(
    open_page: Callable[..., Page], server, store: RunStore, theme: str
) -> None:
    page = open_page(PHONE, theme=theme)
    page.goto(f"{server.url}/race?{RATES}")
    button(page, "Start").focus()
    page.keyboard.press("Enter")
    expect(lane(page, "3")).to_contain_text("Training")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    boxes = [lane(page, label).bounding_box() for label in ("0.01", "0.1", "3")]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0] for box in boxes)
    assert not accessibility_faults(page)
    button(page, "Stop").focus()
    page.keyboard.press("Enter")
    expect(lane(page, "3")).to_contain_text("Stopped")
