"""One server and one browser per file; each test has an empty store and is a new visitor."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore
from nn.runs.worker import loop
from tests.browser.app import BROWSERS, PATIENCE, ROOT, Server, chromium, copy_run, find_chromium
from tests.conftest import REAL_DATA

expect.set_options(timeout=1000 * PATIENCE)

DESKTOP = (1280, 800)
FAILURES = ROOT / "test-failures"  # what keep saves of failed tests
PAGES = pytest.StashKey[list[Page]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a failed browser test once more: server, browser and workers share a machine that may be
    too busy for a while. Every such test is listed at the end, and what it saw is kept."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when != "teardown" and report.failed:
        keep(item)
    return report


def keep(item: pytest.Item) -> None:
    """Save what may explain a failure before anything is reset: a screenshot, the texts and a trace
    of each page, the server's log and its store."""
    folder = FAILURES / re.sub(r"[^\w-]+", "-", item.nodeid.split("/")[-1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(item.stash.get(PAGES, [])):
        page.screenshot(path=folder / f"page-{number}.png")
        (folder / f"page-{number}.txt").write_text(page.locator("body").aria_snapshot())
        page.context.tracing.stop(path=folder / f"trace-{number}.zip")
    server = getattr(item, "funcargs", {}).get("server")
    if server:
        for path in (server.home / "server.log", *server.home.glob("store.sqlite3*")):
            shutil.copy(path, folder)


@pytest.fixture(scope="module", autouse=True)
def real_data() -> Iterator[None]:
    """Let the server train on MNIST if it is installed, as it does for users."""
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in REAL_DATA.items():
            patch.setenv(name, str(folder))
        yield


@pytest.fixture(scope="module")
def running_server(real_data: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("home"))
    server.start()
    yield server
    server.stop()
    server.clear()


@pytest.fixture
def server(running_server: Server) -> Iterator[Server]:
    """A running server with an empty store."""
    running_server.start()  # in case a test stopped it
    yield running_server
    running_server.clear()


@pytest.fixture(scope="session")
def trained(home: object, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """``trained(store, name, **fields)``: a finished run in that store, trained once per spec."""
    source = RunStore(f"sqlite:///{tmp_path_factory.mktemp('trained') / 'store.sqlite3'}")
    known: dict[RunSpec, str] = {}

    def make(store: RunStore, name: str = "", **fields: object) -> Run:
        spec = RunSpec(
            **{"hidden": (24,), "dataset": "strokes", "epochs": 2, "batch_size": 200} | fields
        )
        if spec not in known:
            known[spec] = source.create(spec).id
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(loop, "available_cores", lambda: 1)  # others test at the same time
                for _ in loop.work(source, known[spec]):
                    pass
        return copy_run(source, known[spec], store, name)

    return make


@pytest.fixture
def record(server: Server, trained: Callable[..., Run]) -> Callable[..., Run]:
    """``record(name, **fields)``: a finished run in the server's store."""
    return lambda name="", **fields: trained(RunStore(server.store), name, **fields)


@pytest.fixture(scope="module")  # while it is open, no test can run an event loop
def browser() -> Iterator[Browser]:
    # The shell has no window that nobody sees: tests take a fifth less time.
    path = find_chromium(("chromium-headless-shell", *BROWSERS))
    if not path:
        message = "No Chromium found: install it (Debian: apt-get install chromium-headless-shell)."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with chromium(path) as launched:
        yield launched


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """``open_page(size, finger, theme)``: a new visitor's page. Script errors fail the test."""
    pages = request.node.stash[PAGES] = []
    faults: list[str] = []

    def make(size: tuple[int, int] = DESKTOP, finger: bool = False, theme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            has_touch=finger,
            color_scheme=theme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(1000 * PATIENCE)
        context.tracing.start()  # with snapshots, tests take a third longer
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda line: line.text.startswith("Digitscope:") and faults.append(line.text)
        )
        pages.append(page)
        return page

    yield make
    for page in pages:
        page.context.close()
    assert not faults, faults


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
