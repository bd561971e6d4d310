"""A class on one computer: thirty pupils, two of them in real browsers; and one visitor who floods
the server while another watches.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error, Page

from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from pages.server.visitor_cookie import COOKIE, visitor_id
from tests.bench import flood
from tests.bench.memory import resident
from tests.bench.pupil import Pupil, Seen
from tests.bench.report import Report
from tests.bench.viewers import watching
from tests.browser.app import FRAMES, STEP, Server, chromium, find_chromium, wait_for
from tests.browser.hand import Hand, people

PUPILS, BROWSERS = 28, 2
MINUTES = float(os.environ.get("DIGITSCOPE_BENCH_MINUTES", "10"))
SAMPLE_SECONDS = 2.0  # between two measurements of the memory
ROUNDS, FLOOD_SECONDS = 5, 4.0
WATCH_SECONDS = 15.0  # that a pupil with a browser watches his run
FAULT = re.compile(r"Traceback|Exception|\bERROR\b|\bCRITICAL\b")


def run(report: Report) -> None:
    with _serving(report) as server:
        under_floods(server, report)
    path = find_chromium()
    if not path:
        report.say("The class needs Chromium, which was not found.")
        return
    with _serving(report) as server:
        a_class(server, path, report)


@contextmanager
def _serving(report: Report) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        server.environment |= {"DIGITSCOPE_HOME": home}
        server.start()
        try:
            yield server
        finally:
            server.clear()
            server.stop()
        _check_log(server, report)


def under_floods(server: Server, report: Report) -> None:
    """The frames of a viewer while another visitor floods the server, by the kind of flood. Both
    have a run that trains."""
    store = RunStore(server.store)
    spec = RunSpec(epochs=5000)
    watched = store.create(spec).id
    attacked = store.create(spec, owner=visitor_id({COOKIE: flood.VISITOR})).id
    workers = [server.launch(each) for each in (watched, attacked)]
    while not all(store.run(each).step for each in (watched, attacked)):
        time.sleep(0.05)
    with watching(server, [watched], 1) as seen:
        time.sleep(1)
        for kind in flood.KINDS:
            quiet, flooded = [], []
            for _ in range(ROUNDS):
                quiet.append(_frames(seen))
                with _flooding(kind, server.url, attacked):
                    flooded.append(_frames(seen))
            before, during = statistics.median(quiet), statistics.median(flooded)
            report.say(f"{kind}: {before:.1f} frames/s before, {during:.1f} during the flood")
            case = f"percent of a viewer's frames, flood of {kind.replace('_', ' ')}"
            report.at_least(case, 100 * during / before, 80)
    server.clear()
    for worker in workers:
        worker.wait()


def _frames(seen: list[int]) -> float:
    before, began = seen[0], time.perf_counter()
    time.sleep(FLOOD_SECONDS)
    return (seen[0] - before) / (time.perf_counter() - began)


@contextmanager
def _flooding(kind: str, url: str, run_id: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.flood", kind, url, run_id])
    try:
        time.sleep(1.5)  # until it has begun
        assert process.poll() is None, f"The flood of {kind} has ended by itself."
        yield
    finally:
        process.kill()
        process.wait()
        time.sleep(1)


def a_class(server: Server, chromium_path: str, report: Report) -> None:
    seen, seconds = Seen(), 60 * MINUTES

    async def pupils() -> None:
        await asyncio.gather(
            *(Pupil(server.url, number, seen).work(seconds) for number in range(PUPILS))
        )

    scripted = threading.Thread(target=lambda: asyncio.run(pupils()))
    memory: list[float] = []  # MiB
    began = time.monotonic()

    def sample() -> None:
        while scripted.is_alive():
            memory.append(resident(server.process.pid) / 2**20)
            time.sleep(SAMPLE_SECONDS)

    with chromium(chromium_path) as browser:
        scripted.start()
        sampling = threading.Thread(target=sample)
        sampling.start()
        pages = [browser.new_context().new_page() for _ in range(BROWSERS)]
        drawn: list[float] = []
        while time.monotonic() < began + seconds:
            for page in pages:
                try:
                    drawn += with_browser(page, server, seen)
                except (Error, AssertionError) as error:
                    seen.failures.append(str(error)[:300])
        scripted.join()
        sampling.join()
    minute = round(60 / SAMPLE_SECONDS)
    first, last = statistics.median(memory[minute : 2 * minute]), max(memory[-minute:])
    report.say(f"{seen.actions}, {seen.frames} frames, {len(seen.answers)} images of drawings")
    report.say(f"server: {first:.0f} MiB in the second minute, {last:.0f} MiB in the last one")
    for failure in seen.failures[:10]:
        report.say(failure)
    count = sum(seen.actions.values())
    report.at_most(f"actions of {count} without an answer", len(seen.failures), 0)
    for case, found in (
        ("from an image of the canvas to its bars", seen.answers),
        ("from pen up to the bars in a browser", drawn),
    ):
        report.at_most(f"ms {case}, median", 1000 * statistics.median(found), 400)
        report.at_most(f"ms {case}, worst of {len(found)}", 1000 * max(found), 2000)
    report.at_most("percent by which the server's memory grew", 100 * (last / first - 1), 10)


def with_browser(page: Page, server: Server, seen: Seen) -> list[float]:
    """A round of a pupil with a browser → the seconds from each lifted pen to the bars."""
    page.goto(f"{server.url}/?epochs=2&hidden=64")
    page.get_by_role("button", name="Start", exact=True).click()
    wait_for(page, f"{STEP} >= 0")
    seen.answered("run started in a browser")
    page.wait_for_timeout(1000 * WATCH_SECONDS)
    assert page.evaluate(FRAMES)
    hand, waits = Hand(page, server.url), []
    for _, strokes in people(5):
        for number in range(len(strokes)):
            path = hand.positions(strokes)[number]
            hand.stroke(path)
            began = time.perf_counter()
            hand.wait_for_prediction(number + 1)
            waits.append(time.perf_counter() - began)
        seen.answered("digit drawn in a browser")
        hand.clear()
    return waits


def _check_log(server: Server, report: Report) -> None:
    """Of the server and its workers."""
    found = [
        line
        for log in (server.home / "server.log", *server.home.glob("logs/*.log"))
        if log.exists()
        for line in log.read_text(errors="replace").splitlines()
        if FAULT.search(line)
    ]
    for line in found[:10]:
        report.say(line)
    report.at_most("faults in the logs", len(found), 0)
