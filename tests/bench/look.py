"""Looking inside a finished run in a real browser beside the server: how soon each part is seen."""

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

ROUNDS, NEURONS, MOMENTS = 5, (5, 17, 40, 66, 90, 101, 127), 7
FRAMES, COARSE = snapshot_schedule.MAX_SNAPSHOTS, 16  # kept; as many as make a timeline playable
PATIENCE = 60_000  # milliseconds
REST = 1.5  # seconds between two measurements

# When the page last asked the server to run its script, and how often.
WATCH_ASKING = """window.asked = null; window.asks = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (this.url.includes("_stcore")) { window.asked ??= performance.now(); window.asks += 1; }
  return send.call(this, data);
};"""
FIND = (
    "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('{}')).find(Boolean)"
)
TIMELINE, DOSSIER, SHEET = map(
    FIND.format, ("canvas[role=slider]", ".neuron-details", ".thumbnails")
)
LINK = "document.querySelector('[data-testid=stSidebarNav] a[href*=neurons]').click()"
# Scrubs to and fro over its right half, where kept moments lie as close as pixels, a second each.
SCRUB = f"""
async () => {{
  const slider = {TIMELINE}, wall = {WALL}, {{ left, right }} = slider.getBoundingClientRect();
  slider.setPointerCapture = () => {{}};
  const to = (type, clientX) =>
    slider.dispatchEvent(new PointerEvent(type, {{ clientX, buttons: 1 }}));
  to("pointerdown", right - 12);
  const begun = performance.now(), before = Number(wall.dataset.frames);
  let seconds = window.asks = 0;
  while (seconds < 4) {{
    await new Promise(requestAnimationFrame);
    seconds = (performance.now() - begun) / 1000;
    to("pointermove", right - 12 - Math.abs(((seconds + 1) % 2) - 1) * 0.5 * (right - left));
  }}
  return [(Number(wall.dataset.frames) - before) / seconds, window.asks];
}}"""


def run(report: Report) -> None:
    path = find_chromium()
    if not path:
        report.say("Looking inside is measured in Chromium, and none was found.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        store = RunStore(server.store)
        usual, wide = record(store, hidden=(128,)), record(store, hidden=(1000,), epochs=1)
        server.start()
        try:
            _open(report, browser, server, usual, wide)
            _look(report, browser, server, usual)
        finally:
            server.stop()


def record(store: RunStore, **fields: object) -> Run:
    """A finished run of the standard recipe that keeps as many moments as a run may."""

    def frames(steps: int, parameters: int) -> frozenset[int]:
        late = np.geomspace(FRAMES // 2, steps, FRAMES // 2).astype(int)
        return frozenset(range(FRAMES // 2)) | frozenset(late.tolist())

    made = store.create(RunSpec(dataset=sources.default_dataset(), **fields))
    with patch.object(snapshot_schedule, "frames", frames):
        for _ in work(store, made.id):
            pass
    return store.run(made.id)


def _open(report: Report, browser: Browser, server: Server, usual: Run, wide: Run) -> None:
    cold, warm, coarse, whole, thousand = [], [], [], [], []
    frames = f"Number({TIMELINE}?.dataset.snapshots)"
    for _ in range(ROUNDS):
        page = _page(browser)
        page.goto(f"{server.url}/neurons?run={usual.id}", wait_until="commit")
        cold.append(page.evaluate(_until(_wall(128), "performance.now()")) / 1000)
        _close(page)

        page = _beside(browser, server, usual)
        warm.append(page.evaluate(_timed(LINK, _wall(128))))
        for times, count in ((coarse, COARSE), (whole, FRAMES)):
            now = "performance.now() - begun"
            times.append(page.evaluate(_until(f"{frames} >= {count}", now, "window.begun")) / 1000)
        _close(page)

        page = _beside(browser, server, wide)
        thousand.append(page.evaluate(_timed(LINK, _wall(1000))))
        _close(page)
    worst = ", ".join(f"{max(times):.2f}" for times in (cold, warm, coarse, whole, thousand))
    report.say(f"{usual.spec.dataset}; worst of {ROUNDS} openings: {worst} s")
    report.say(f"{median(cold):.2f} s to the wall where no page was open")
    report.at_most("seconds from the link to the wall", median(warm), 1)
    report.at_most(f"seconds to a timeline of {COARSE} moments", median(coarse), 2.5)
    report.at_most(f"seconds to a timeline of {FRAMES} moments", median(whole), 8)
    report.at_most("seconds from the link to a wall of 1,000 neurons", median(thousand), 3)


def _look(report: Report, browser: Browser, server: Server, run: Run) -> None:
    page = _page(browser)
    page.goto(f"{server.url}/neurons?run={run.id}")
    page.evaluate(_until(f"Number({TIMELINE}?.dataset.snapshots) >= {FRAMES} && {DOSSIER}", "1"))
    time.sleep(REST)
    found = []
    for neuron in NEURONS:
        found.append(
            page.evaluate(_timed(_click(neuron), f"{DOSSIER}.dataset.neuron === '{neuron}'"))
        )
        time.sleep(REST)
    report.at_most("milliseconds from a click to a neuron's dossier", 1000 * median(found), 400)

    drawn, asks = page.evaluate(SCRUB)
    report.at_least("wall frames drawn a second while scrubbing", drawn, 30)
    report.at_most("script runs while scrubbing", asks, 0)
    time.sleep(REST)

    page.get_by_role("button", name="Export").click()
    page.get_by_role("combobox", name="Animation or report").click()
    page.get_by_role("option", name="report (one HTML page)").click()
    page.get_by_role("button", name="Create").wait_for()
    time.sleep(REST)
    began = time.perf_counter()
    page.get_by_role("button", name="Create").click()
    page.get_by_role("button", name="Save").filter(has_text=".html").wait_for(timeout=PATIENCE)
    report.at_most("seconds to the page to hand out", time.perf_counter() - began, 5)
    _close(page)

    page = _page(browser)
    page.goto(f"{server.url}/mistakes?run={run.id}")
    page.evaluate(_until(f"Number({TIMELINE}?.dataset.snapshots) >= {FRAMES} && {SHEET}", "1"))
    time.sleep(REST)
    found = [page.evaluate(_next_moment()) for _ in range(MOMENTS)]
    report.say(f"slowest of {MOMENTS} moments: {max(found):.0f} ms")
    report.at_most("milliseconds to matrix and gallery of another moment", median(found), 400)
    _close(page)


def _page(browser: Browser) -> Page:
    """Of a new visitor, whose browser knows nothing yet."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(WATCH_ASKING)
    return page


def _beside(browser: Browser, server: Server, run: Run) -> Page:
    """The Draw page, from where the run is one click away."""
    page = _page(browser)
    page.goto(f"{server.url}/draw?run={run.id}")
    page.get_by_role("heading", name="Draw a digit").wait_for()
    time.sleep(2 * REST)
    return page


def _close(page: Page) -> None:
    page.context.close()


# JavaScript: what is timed is timed in the page, from frame to frame of the screen.


def _wall(neurons: int) -> str:
    """Whether the Neurons page, whose wall can be saved, has drawn so many."""
    return (
        f"location.pathname === '/neurons' && {WALL}?.dataset.neurons === '{neurons}'"
        f" && !{WALL}.getRootNode().querySelector('[name=save]').hidden"
    )


def _until(done: str, found: str, begun: str = "performance.now()") -> str:
    return f"""async () => {{
      const begun = {begun}, end = performance.now() + {PATIENCE};
      while (!({done})) {{
        if (performance.now() > end) throw new Error("waited too long");
        await new Promise(requestAnimationFrame);
      }}
      return {found};
    }}"""


def _timed(act: str, done: str) -> str:
    """Seconds from ``act`` until it is ``done``."""
    begun = f"(window.begun = performance.now(), {act}, window.begun)"
    return _until(done, "(performance.now() - begun) / 1000", begun)


def _click(neuron: int) -> str:
    """On its tile, by what the wall told of how it lies."""
    return f"""((wall) => {{
      const {{ left, top, width }} = wall.getBoundingClientRect();
      let across = 1;
      while (Math.ceil(128 / across) * width / across > wall.clientHeight * 1.02) across++;
      const place = (n) => (n + 0.5) * width / across;
      const clientX = left + place({neuron} % across);
      const clientY = top + place(Math.floor({neuron} / across));
      wall.dispatchEvent(new MouseEvent("click", {{ clientX, clientY }}));
    }})({WALL})"""


def _next_moment() -> str:
    """Moves the handle 20 moments back, and once it rests: → milliseconds from asking the server
    until both matrix and gallery are others."""
    return f"""async () => {{
      const matrix = document.querySelector(".js-plotly-plot");
      const seen = () => [matrix.textContent, {SHEET}.textContent];
      const before = seen(), key = new KeyboardEvent("keydown", {{ key: "PageDown" }});
      await new Promise((done) => setTimeout(done, {1000 * REST}));
      window.asked = null;
      for (let i = 0; i < 2; i++) {TIMELINE}.dispatchEvent(key);
      const end = performance.now() + {PATIENCE};
      while (seen().some((now, i) => now === before[i])) {{
        if (performance.now() > end) throw new Error("waited too long");
        await new Promise(requestAnimationFrame);
      }}
      return performance.now() - window.asked;
    }}"""
