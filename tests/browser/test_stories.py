"""Three people, from their wish to its fulfillment, with the number of clicks counted."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from nn.runs.store.store import RunStore, State
from tests.browser.app import copied, wait_until
from tests.browser.hand import Hand, pen_path

SHORT = "epochs=2&hidden=64&train_size=10000"


class Clicks:
    """Clicks, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target: Locator) -> None:
        target.click()
        self.count += 1


@pytest.fixture
def click() -> Clicks:
    return Clicks()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_a_pupil_trains_a_network_and_it_classifies_her_digit(
    page: Page, server, click: Clicks
) -> None:
    page.goto(f"{server.url}/?{SHORT}")
    click(button(page, "Start"))
    click(button(page, "Draw a digit for your model"))
    hand = Hand.__new__(Hand)
    hand.page, hand.touch = page, None
    hand.wait_for_prediction(0)
    expect(page.get_by_role("combobox", name="Model")).not_to_have_value(
        re.compile("^Pretrained model")
    )
    hand.draw(pen_path(7))
    expect(page.get_by_role("heading", name="7")).to_be_visible()  # Looks like, or probably, a 7
    assert click.count <= 4


def test_a_teacher_copies_a_link_to_a_prepared_experiment(
    page: Page, server, click: Clicks, open_page: Callable[..., Page]
) -> None:
    page.goto(f"{server.url}/?preset=overfits&epochs=7")
    click(button(page, "Share"))
    link = copied(page, lambda: click(button(page, "Copy link to this experiment")))
    assert click.count <= 2
    pupil = open_page()
    pupil.goto(link)
    expect(pupil.get_by_role("radio", name="Overfits")).to_be_checked()
    expect(pupil.get_by_text("Untrained", exact=True)).to_be_visible()
    expect(button(pupil, "Start")).to_be_enabled()


def test_an_engineer_finds_settings_code_and_the_way_to_go_on_with_a_run(
    page: Page, server, click: Clicks, record: Callable, tmp_path: Path
) -> None:
    run = record("finished", hidden=(32,))
    page.goto(f"{server.url}/?run={run.id}")

    click(button(page, "All settings"))
    expect(page.get_by_role("cell", name="Learning rate", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="32", exact=True).first).to_be_visible()
    assert click.count <= 2
    page.keyboard.press("Escape")

    click.count = 0
    click(button(page, "Export"))
    with page.expect_download() as download:
        click(button(page, "NumPy code (.zip)"))
    assert click.count <= 2
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path)
    [code] = tmp_path.rglob("*.py")
    subprocess.run([sys.executable, "-m", "py_compile", code], check=True)

    page.goto(f"{server.url}/?preset=standard&epochs=500")
    button(page, "Start").click()
    button(page, "Stop").click()
    expect(page.get_by_text("Stopped").first).to_be_visible()
    click.count = 0
    click(button(page, "Resume"))
    wait_until(page, lambda: RunStore(server.store).runs()[0].state is State.RUNNING)
    assert click.count <= 2
