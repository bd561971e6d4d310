"""A server with a store of its own for each test, and one browser for all of a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app import Server, chromium, find_chromium

expect.set_options(timeout=15_000)  # milliseconds: a test machine may be busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A person who gets no answer presses again: on a busy machine one message in some hundred is
    lost or late. What fails twice more is a fault."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()
    running.clear()


@pytest.fixture(scope="module")  # while it is open no test can run an event loop
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if not path:
        sentence = "No Chromium found: install it (Debian: apt-get install chromium)."
        pytest.fail(sentence) if os.environ.get("CI") else pytest.skip(sentence)
    with chromium(path) as launched:
        yield launched


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert not faults, faults
