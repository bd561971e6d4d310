"""An hour of training, watching and drawing in a real browser: memory of browser and server, the
server's open files and threads, and the store without its snapshots stay as they were. (Snapshots
are for keeping: at most 64 MiB a run, at steps that follow from the run's length.)
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import func, select

from nn.runs.store import schema
from nn.runs.store.store import RunStore
from tests.bench.report import Report
from tests.browser.app import Server, chromium, find_chromium, heap, start
from tests.browser.hand import Hand, people

EARLY, LATE = 5.0, float(os.environ.get("DIGITSCOPE_BENCH_MINUTES", "60"))  # minutes
PAUSE_SECONDS = 5.0  # between two drawings
ROUND = 5  # measurements whose median counts


def run(report: Report) -> None:
    path = find_chromium()
    if not path or not os.path.exists("/proc/self/status"):
        report.say("This needs Chromium and Linux: a process's memory is read from /proc.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.environment |= {"DIGITSCOPE_HOME": home}
        server.start()
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{server.url}/?epochs=10000")
            start(page)
            hand = Hand(browser.new_page(), server.url)
            began = time.monotonic()
            found = []
            for minutes in (EARLY, LATE):
                while time.monotonic() < began + 60 * minutes:
                    draw(hand)
                assert server.active(), "The run has ended."
                found.append(measure(server, page, hand))
                report.say(f"after {minutes:g} minutes: {in_words(found[-1])}")
            for what, early in found[0].items():
                case = f"percent by which the {what} grew from {EARLY:g} to {LATE:g} minutes"
                report.at_most(case, 100 * (found[1][what] / early - 1), 10)
        finally:
            server.clear()
            server.stop()


def draw(hand: Hand) -> None:
    """One digit, then a pause."""
    _, strokes = people(100)[int(time.monotonic()) % 100]
    hand.draw(strokes)
    hand.clear()
    hand.page.wait_for_timeout(1000 * PAUSE_SECONDS)


def measure(server: Server, page: Page, hand: Hand) -> dict[str, float]:
    """Medians: each number goes up and down with what is just being done."""
    assert server.process
    pid = server.process.pid
    measures: dict[str, Callable[[], float]] = {
        "heap of the page that watches": lambda: heap(page) / 2**20,
        "heap of the page for drawing": lambda: heap(hand.page) / 2**20,
        "server's memory": lambda: resident(pid) / 2**20,
        "server's open files": lambda: len(os.listdir(f"/proc/{pid}/fd")),
        "server's threads": lambda: len(os.listdir(f"/proc/{pid}/task")),
        "store without snapshots": lambda: store_size(server) / 2**20,
    }
    rounds = []
    for _ in range(ROUND):
        draw(hand)
        rounds.append({what: get() for what, get in measures.items()})
    return {what: sorted(each[what] for each in rounds)[ROUND // 2] for what in measures}


def in_words(found: dict[str, float]) -> str:
    return ", ".join(f"{what} {value:.1f}" for what, value in found.items()) + " (MiB)"


def store_size(server: Server) -> int:
    """Bytes of the store's files beyond those of the snapshots in it."""
    store = RunStore(server.store)
    length = func.length(schema.snapshots.c.parameters)
    [(snapshots,)] = store.rows(select(func.coalesce(func.sum(length), 0)))
    store.engine.dispose()
    return sum(each.stat().st_size for each in server.home.glob("store*")) - int(snapshots)


def resident(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return 1024 * int(line.split()[1])
