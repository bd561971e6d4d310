"""What the Compare page shows below its curves, acted on by a person."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from nn.runs.store.store import Run, RunStore
from tests.browser.app import serious, wait_until

PHONE = (390, 844)


def open_compare(page: Page, server, runs: list[Run], tab: str = "Weight walls") -> None:
    page.goto(f"{server.url}/compare?runs={','.join(run.id for run in runs)}")
    found = page.get_by_role("tab", name=tab)
    found.click()
    expect(found).to_have_attribute("aria-selected", "true")


def timeline(page: Page) -> Locator:
    """Once the snapshots have arrived."""
    found = page.get_by_role("slider", name="Images seen")
    expect(found).to_have_attribute("data-stops", re.compile(r"\d\d"))
    return found


def walls(page: Page) -> Locator:
    return page.locator("figure canvas[data-images]")


def images_seen(page: Page) -> list[int]:
    return [int(wall.get_attribute("data-images") or -1) for wall in walls(page).all()]


@pytest.fixture
def two_runs(record) -> list[Run]:
    """The second sees a fifth of the images that the first sees."""
    return [
        record("longer", batch_size=50),
        record("shorter", batch_size=50, hidden=(10,), train_size=3200, epochs=1),
    ]


def test_walls_are_shown_at_equal_images_seen_under_one_timeline(page, server, two_runs) -> None:
    open_compare(page, server, two_runs)
    long, short = (run.samples_seen for run in two_runs)
    assert long > 3 * short
    slider = timeline(page)
    expect(walls(page)).to_have_count(2)
    figure = page.get_by_role("figure", name="shorter")
    expect(figure).to_contain_text("Hidden layers 10")
    assert images_seen(page) == [long, short]
    ended = page.get_by_text(f"Finished after {short:,} images")
    expect(ended).to_be_visible()
    slider.press("Home")
    expect(page.locator("figure").get_by_text("Before training")).to_have_count(2)
    assert images_seen(page) == [0, 0]
    expect(ended).to_be_hidden()
    both_train = 0
    for _ in range(500):  # to where the shorter run has ended
        slider.press("ArrowRight")
        first, second = images_seen(page)
        if first > short:
            break
        both_train += 1
        # The last snapshot of each up to then: kept ones follow each other within a factor of two.
        assert min(first, second) >= max(first, second) / 2, (first, second)
    assert both_train > 5
    expect(ended).to_be_visible()
    assert images_seen(page)[1] == short


def test_the_walls_play_from_the_start_to_the_end(page, server, two_runs) -> None:
    open_compare(page, server, two_runs)
    timeline(page)
    end = two_runs[0].samples_seen
    speed = page.get_by_role("slider", name="Playback speed")
    speed.press("Home")
    page.get_by_role("button", name="Play").click()
    wait_until(page, lambda: 0 < images_seen(page)[0] < end)
    page.get_by_role("button", name="Pause").click()
    paused = images_seen(page)
    assert paused[0] < end
    speed.press("End")
    assert images_seen(page) == paused
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=60_000)
    assert images_seen(page)[0] == end


def test_the_walls_of_runs_in_training_are_live(page, server) -> None:
    workers = [server.worker(epochs=100, hidden=(8,), lr=lr) for lr in (0.1, 0.01)]
    try:
        store = RunStore(server.store)
        wait_until(page, lambda: all(run.samples_seen for run in store.runs()))
        open_compare(page, server, store.runs())
        expect(walls(page)).to_have_count(2)
        before = images_seen(page)
        wait_until(
            page,
            lambda: all(now > then for now, then in zip(images_seen(page), before, strict=True)),
        )
        expect(page.get_by_text(re.compile("images, live$"))).to_be_visible()
        slider = timeline(page)
        slider.press("Home")
        assert images_seen(page) == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_weight_walls_have_no_serious_accessibility_problem(
    open_page, server, two_runs, size
) -> None:
    page = open_page(size)
    open_compare(page, server, two_runs)
    expect(walls(page)).to_have_count(2)
    assert not serious(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
