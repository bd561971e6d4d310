"""The Train page in a real browser beside the server and the worker, on this machine."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from nn.runs.store import RunStore, State
from tests.bench.report import Report
from tests.browser.app import STEP, WALL, Server, chromium, find_chromium, start

ROUNDS, SECONDS = 5, 4.0

WATCH_TASKS = """window.tasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((task) => tasks.push(task.duration)))
    .observe({ type: "longtask" });"""
STATE = (
    "[...document.querySelectorAll('*')].some(e => "
    "e.shadowRoot?.querySelector('.state')?.textContent === 'Stopped')"
)


def run(report: Report) -> None:
    """Frames drawn a second, Start to first changed tile, Stop to halted and to what the page
    says, the browser's longest task, its memory: medians and worst."""
    path = find_chromium()
    if not path:
        report.say("The live page is measured in Chromium, and none was found.")
        return
    frames, first, halted, told = [], [], [], []
    longest = 0.0
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.start()
        store = RunStore(server.store)
        try:
            for _ in range(ROUNDS):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(f"{server.url}/?epochs=1000")
                page.wait_for_function(f"{STEP} == 0 && window.Plotly")
                time.sleep(1)

                page.evaluate(WATCH_TASKS)
                pressed = time.perf_counter()
                start(page)
                first.append(time.perf_counter() - pressed)

                drawn = f"Number({WALL}.dataset.frames)"
                before, began = page.evaluate(drawn), time.perf_counter()
                time.sleep(SECONDS)
                frames.append((page.evaluate(drawn) - before) / (time.perf_counter() - began))

                pressed = time.perf_counter()
                page.get_by_role("button", name="Stop").click()
                while store.runs()[0].state is not State.STOPPED:
                    time.sleep(0.005)
                halted.append(time.perf_counter() - pressed)
                page.wait_for_function(STATE)
                told.append(time.perf_counter() - pressed)
                longest = max(longest, page.evaluate("Math.max(0, ...window.tasks)"))
                page.close()
                server.clear()
        finally:
            server.stop()
    report.say(f"worst: {min(frames):.1f} frames/s, {max(first):.2f} s, {max(halted):.2f} s")
    report.at_least("wall frames drawn a second", statistics.median(frames), 20)
    report.at_most("seconds from Start to the first changed tile", statistics.median(first), 1)
    report.at_most("seconds from Stop to the worker's halt", statistics.median(halted), 0.25)
    report.at_most("seconds from Stop to the page that says so", statistics.median(told), 0.5)
    report.at_most("milliseconds of the longest task in the browser", longest, 200)
