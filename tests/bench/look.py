"""Neurons and Mistakes of a finished run in a real browser on the same machine: latencies."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
from playwright.sync_api import Browser, Page

from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore
from nn.runs.worker import snapshot_schedule
from nn.runs.worker.loop import work
from tests.bench.report import Report
from tests.browser.app import WALL, Server, chromium, find_chromium

ROUNDS, NEURONS, JUMPS = 5, (5, 17, 40, 66, 90, 101, 127), 7
SNAPSHOTS, COARSE = snapshot_schedule.MAX_SNAPSHOTS, 16  # all of a run; enough to play the timeline
TIMEOUT = 60_000  # milliseconds
REST = 1.5  # seconds between two measurements

# When the page first requested a script run since the last reset, and how many it requested.
WATCH_REQUESTS = """window.requested = null; window.requests = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (this.url.includes("_stcore")) {
    window.requested ??= performance.now();
    window.requests += 1;
  }
  return send.call(this, data);
};"""
FIND = (
    "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('{}')).find(Boolean)"
)
TIMELINE, DETAILS, THUMBNAILS, MATRIX = map(
    FIND.format,
    ("canvas[role=slider]", ".neuron-details", ".thumbnails", '[aria-label^="Confusion matrix"]'),
)
LINK = "document.querySelector('[data-testid=stSidebarNav] a[href*=neurons]').click()"
# Scrubs back and forth over the right half of the timeline, one second each way. Nearly every pixel
# there has its own snapshot.
SCRUB = f"""
async () => {{
  const slider = {TIMELINE}, wall = {WALL}, {{ left, right }} = slider.getBoundingClientRect();
  slider.setPointerCapture = () => {{}};
  const to = (type, clientX) =>
    slider.dispatchEvent(new PointerEvent(type, {{ clientX, buttons: 1 }}));
  to("pointerdown", right - 12);
  const start = performance.now(), before = Number(wall.dataset.frames);
  let seconds = window.requests = 0;
  while (seconds < 4) {{
    await new Promise(requestAnimationFrame);
    seconds = (performance.now() - start) / 1000;
    to("pointermove", right - 12 - Math.abs(((seconds + 1) % 2) - 1) * 0.5 * (right - left));
  }}
  return [(Number(wall.dataset.frames) - before) / seconds, window.requests];
}}"""


def run(report: Report) -> None:
    path = find_chromium()
    if not path:
        report.say("The pages are measured in Chromium, which was not found.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        store = RunStore(server.store)
        standard, wide = record(store, hidden=(128,)), record(store, hidden=(1000,), epochs=1)
        server.start()
        try:
            _open(report, browser, server, standard, wide)
            _look(report, browser, server, standard)
        finally:
            server.stop()


def record(store: RunStore, **fields: object) -> Run:
    """A finished run with the default settings and as many snapshots as a run may keep."""

    def snapshot_steps(total_steps: int, parameters: int) -> frozenset[int]:
        late = np.geomspace(SNAPSHOTS // 2, total_steps, SNAPSHOTS // 2).astype(int)
        return frozenset(range(SNAPSHOTS // 2)) | frozenset(late.tolist())

    made = store.create(RunSpec(dataset=sources.default_dataset(), **fields))
    with patch.object(snapshot_schedule, "snapshot_steps", snapshot_steps):
        for _ in work(store, made.id):
            pass
    return store.run(made.id)


def _open(report: Report, browser: Browser, server: Server, standard: Run, wide: Run) -> None:
    cold, warm, coarse, whole, thousand = [], [], [], [], []
    snapshots = f"Number({TIMELINE}?.dataset.snapshots)"
    for _ in range(ROUNDS):
        page = _page(browser)
        page.goto(f"{server.url}/neurons?run={standard.id}", wait_until="commit")
        cold.append(page.evaluate(_until(_wall(128), "performance.now()")) / 1000)
        _close(page)

        page = _on_draw(browser, server, standard)
        warm.append(page.evaluate(_timed(LINK, _wall(128))))
        for times, count in ((coarse, COARSE), (whole, SNAPSHOTS)):
            now = "performance.now() - start"
            times.append(
                page.evaluate(_until(f"{snapshots} >= {count}", now, "window.start")) / 1000
            )
        _close(page)

        page = _on_draw(browser, server, wide)
        thousand.append(page.evaluate(_timed(LINK, _wall(1000))))
        _close(page)
    worst = ", ".join(f"{max(times):.2f}" for times in (cold, warm, coarse, whole, thousand))
    report.say(f"{standard.spec.dataset}; worst of {ROUNDS} openings: {worst} s")
    report.say(f"{median(cold):.2f} s to the wall in a new browser")
    report.at_most("seconds from the link to the wall", median(warm), 1)
    report.at_most(f"seconds to a timeline of {COARSE} snapshots", median(coarse), 2.5)
    report.at_most(f"seconds to a timeline of {SNAPSHOTS} snapshots", median(whole), 8)
    report.at_most("seconds from the link to a wall of 1,000 neurons", median(thousand), 3)


def _look(report: Report, browser: Browser, server: Server, run: Run) -> None:
    page = _page(browser)
    page.goto(f"{server.url}/neurons?run={run.id}")
    page.evaluate(_until(f"Number({TIMELINE}?.dataset.snapshots) >= {SNAPSHOTS} && {DETAILS}", "1"))
    time.sleep(REST)
    found = []
    for neuron in NEURONS:
        found.append(
            page.evaluate(_timed(_click(neuron), f"{DETAILS}.dataset.neuron === '{neuron}'"))
        )
        time.sleep(REST)
    report.at_most("milliseconds from a click to a neuron's details", 1000 * median(found), 400)

    drawn, requests = page.evaluate(SCRUB)
    report.at_least("wall frames drawn a second while scrubbing", drawn, 30)
    report.at_most("script runs while scrubbing", requests, 0)
    time.sleep(REST)

    page.get_by_role("button", name="Export").click()
    report_button = page.get_by_role("button", name="Report (.html)")
    report_button.wait_for()
    time.sleep(REST)
    began = time.perf_counter()
    with page.expect_download(timeout=TIMEOUT):
        report_button.click()
    report.at_most("seconds to the HTML report", time.perf_counter() - began, 5)
    _close(page)

    page = _page(browser)
    page.goto(f"{server.url}/mistakes?run={run.id}")
    page.evaluate(
        _until(f"Number({TIMELINE}?.dataset.snapshots) >= {SNAPSHOTS} && {THUMBNAILS}", "1")
    )
    time.sleep(REST)
    found = [page.evaluate(_jump()) for _ in range(JUMPS)]
    report.say(f"slowest of {JUMPS} snapshots: {max(found):.0f} ms")
    report.at_most("milliseconds to matrix and gallery of another snapshot", median(found), 400)
    _close(page)


def _page(browser: Browser) -> Page:
    """A page in a new browser context, with nothing cached."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(WATCH_REQUESTS)
    return page


def _on_draw(browser: Browser, server: Server, run: Run) -> Page:
    """The Draw page, one click away from the run's neurons."""
    page = _page(browser)
    page.goto(f"{server.url}/draw?run={run.id}")
    page.get_by_role("heading", name="Draw a digit").wait_for()
    time.sleep(2 * REST)
    return page


def _close(page: Page) -> None:
    page.context.close()


# JavaScript. Everything is timed in the page, frame by frame.


def _wall(neurons: int) -> str:
    """Whether Neurons shows a finished wall of ``neurons`` neurons, with its download button."""
    return (
        f"location.pathname === '/neurons' && {WALL}?.dataset.neurons === '{neurons}'"
        f" && !{WALL}.getRootNode().querySelector('[name=save]').hidden"
    )


def _until(done: str, found: str, start: str = "performance.now()") -> str:
    return f"""async () => {{
      const start = {start}, end = performance.now() + {TIMEOUT};
      while (!({done})) {{
        if (performance.now() > end) throw new Error("timed out");
        await new Promise(requestAnimationFrame);
      }}
      return {found};
    }}"""


def _timed(act: str, done: str) -> str:
    """Seconds from ``act`` until it is ``done``."""
    start = f"(window.start = performance.now(), {act}, window.start)"
    return _until(done, "(performance.now() - start) / 1000", start)


def _click(neuron: int) -> str:
    """Click the neuron's tile."""
    return f"""((wall) => {{
      const {{ left, top, width }} = wall.getBoundingClientRect();
      let across = 1;
      while (Math.ceil(128 / across) * width / across > wall.clientHeight * 1.02) across++;
      const center = (n) => (n + 0.5) * width / across;
      const clientX = left + center({neuron} % across);
      const clientY = top + center(Math.floor({neuron} / across));
      wall.dispatchEvent(new MouseEvent("click", {{ clientX, clientY }}));
    }})({WALL})"""


def _jump() -> str:
    """Move the handle 20 snapshots back → milliseconds from the request to the server until both
    the matrix and the gallery have changed."""
    return f"""async () => {{
      const matrix = {MATRIX};
      const shown = () => [matrix.textContent, {THUMBNAILS}.textContent];
      const before = shown(), key = new KeyboardEvent("keydown", {{ key: "PageDown" }});
      await new Promise((done) => setTimeout(done, {1000 * REST}));
      window.requested = null;
      for (let i = 0; i < 2; i++) {TIMELINE}.dispatchEvent(key);
      const end = performance.now() + {TIMEOUT};
      while (shown().some((now, i) => now === before[i])) {{
        if (performance.now() > end) throw new Error("timed out");
        await new Promise(requestAnimationFrame);
      }}
      return performance.now() - window.requested;
    }}"""
