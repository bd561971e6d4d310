"""The Train page in a real browser, with server and worker on the same machine."""

from __future__ import annotations

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page

from nn.runs.store.store import RunStore, State
from tests.bench.report import Report
from tests.browser.app import STEP, WALL, Server, chromium, find_chromium, wait_for

ROUNDS, SECONDS = 5, 4.0

# Everything is timed in the page, because Playwright takes up to half a second to press a button:
# when it was pressed and the result was seen (milliseconds since 1970), and how long tasks took.
WATCH = """const now = () => performance.timeOrigin + performance.now();
window.tasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((task) => tasks.push(task.duration)))
    .observe({ type: "longtask" });
addEventListener("pointerdown", () => { window.pressed ??= now(); }, true);
const findEstimate = () => {
  if (Number(document.querySelector(".plot")?.dataset.estimates)) window.estimated ??= now();
  requestAnimationFrame(findEstimate);
};
findEstimate();
window.wait = (until) => {
  window.pressed = window.seen = null;
  const look = () => { if (until()) window.seen = now(); else requestAnimationFrame(look); };
  look();
};"""
STOPPED = (
    "[...document.querySelectorAll('*')].some(e => "
    "e.shadowRoot?.querySelector('.state')?.textContent === 'Stopped')"
)


def run(report: Report) -> None:
    """Frames per second; latency from Start to the first changed tile, and from Stop until the
    worker halts and the page says "Stopped"; the browser's longest task. Medians and worst."""
    path = find_chromium()
    if not path:
        report.say("The page is measured in Chromium, which was not found.")
        return
    frames, first, accuracy, halted, shown = [], [], [], [], []
    max_task = 0.0
    with (
        tempfile.TemporaryDirectory() as home,
        chromium(path) as browser,
        ThreadPoolExecutor(1) as pool,
    ):
        server = Server(Path(home))
        server.start()
        store = RunStore(server.store)
        try:
            for _ in range(ROUNDS):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.add_init_script(WATCH)
                page.goto(f"{server.url}/?epochs=1000")
                wait_for(page, f"{STEP} == 0 && window.Plotly")
                time.sleep(1)

                page.evaluate("tasks = []")
                pressed, seen = _press(page, "Start", f"{STEP} > 0")
                first.append(seen - pressed)
                accuracy.append(_first_estimate(page) - pressed)

                drawn = f"Number({WALL}.dataset.frames)"
                before, began = page.evaluate(drawn), time.perf_counter()
                time.sleep(SECONDS)
                frames.append((page.evaluate(drawn) - before) / (time.perf_counter() - began))

                halt = pool.submit(_halt, store)
                pressed, seen = _press(page, "Stop", STOPPED)
                halted.append(halt.result() - pressed)
                shown.append(seen - pressed)
                max_task = max(max_task, page.evaluate("Math.max(0, ...tasks)"))
                page.close()
                server.clear()
        finally:
            server.stop()
    report.say(f"worst: {min(frames):.1f} frames/s, {max(first):.2f} s, {max(halted):.2f} s")
    report.at_least("wall frames per second", statistics.median(frames), 20)
    report.at_most("seconds from Start to the first changed tile", statistics.median(first), 1)
    report.at_most("seconds from Start to the first accuracy", statistics.median(accuracy), 1)
    report.at_most("seconds from Stop until the worker halts", statistics.median(halted), 0.25)
    report.at_most("seconds from Stop until the page shows it", statistics.median(shown), 0.5)
    report.at_most("milliseconds of the longest task in the browser", max_task, 200)


def _press(page: Page, button: str, until: str) -> tuple[float, float]:
    """Press ``button`` → when it was pressed and when ``until`` held, in seconds since 1970."""
    page.evaluate(f"wait(() => {until})")
    page.get_by_role("button", name=button).click()
    wait_for(page, "seen")
    pressed, seen = page.evaluate("[pressed, seen]")
    return pressed / 1000, seen / 1000


def _first_estimate(page: Page) -> float:
    """When the curve got its first accuracy, in seconds since 1970."""
    wait_for(page, "window.estimated")
    return float(page.evaluate("estimated")) / 1000


def _halt(store: RunStore) -> float:
    """Wait until the newest run has stopped → when it did, in seconds since 1970."""
    while store.runs()[0].state is not State.STOPPED:
        time.sleep(0.005)
    return time.time()
