"""The Train page in a real browser: how long it loads, and the layout shift while it loads and from
Start to the end of a run.

The score is that of https://web.dev/articles/cls, but every shift counts, also those right after an
input, and all of them are added.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.bench.report import Report
from tests.browser.app import Server, chromium, find_chromium, wait_for

# Of a wide Streamlit page with a sidebar and nothing else: its gray placeholder is not wide yet.
BARE = 0.302
ROUNDS = 7  # the first one warms the server up
SIZES = {"": (1280, 800), " on a phone": (390, 844)}

WATCH = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    const nodes = sources.map(({ node, previousRect, currentRect }) =>
      `${node?.className || node?.nodeName} ${[previousRect, currentRect].map(
        ({ x, y, width, height }) => [x, y, width, height].map(Math.round)).join(" → ")}`);
    shifts.push({ value, nodes });
  }
}).observe({ type: "layout-shift", buffered: true });
const look = () => {
  const found = [...document.querySelectorAll(".st-key-run_controls *")].map(
    (each) => each.shadowRoot?.querySelector("[name=start]")).find(Boolean);
  if (found && !found.disabled) window.usable = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);"""
TOTAL = "shifts.reduce((sum, { value }) => sum + value, 0)"
LARGEST = "shifts.sort((a, b) => b.value - a.value).slice(0, 5)"


def run(report: Report) -> None:
    """The layout shift of the Train page, at the width of a laptop and of a phone."""
    path = find_chromium()
    if not path:
        report.say("The page is measured in Chromium, which was not found.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.start()
        try:
            loading(browser, server, report)
            for where, size in SIZES.items():
                measure(browser, server, size, where, report)
        finally:
            server.stop()
            server.clear()


def loading(browser: Browser, server: Server, report: Report) -> None:
    """Seconds until Start can be pressed, for a newcomer and when they come again."""
    times: dict[str, list[float]] = {"empty": [], "filled": []}
    for _ in range(ROUNDS):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        for found in times.values():
            page = context.new_page()
            page.add_init_script(WATCH)
            page.goto(server.url)
            wait_for(page, "window.usable")
            found.append(page.evaluate("usable") / 1000)
            page.wait_for_timeout(500)
            page.close()
        context.close()
    for cache, limit in (("empty", 1.9), ("filled", 1.2)):
        case = f"seconds to a usable Start, browser cache {cache}, median"
        report.at_most(case, statistics.median(times[cache][1:]), limit)


def measure(
    browser: Browser, server: Server, size: tuple[int, int], where: str, report: Report
) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.add_init_script(WATCH)
    page.goto(f"{server.url}/?epochs=2")
    start = page.get_by_role("button", name="Start", exact=True)
    start.click(trial=True)
    page.wait_for_timeout(3000)  # whatever loads late
    report.at_most(f"layout shift while loading{where}", page.evaluate(TOTAL), BARE + 0.02)
    report.say(f"  largest: {page.evaluate(LARGEST)}")
    page.evaluate("shifts.length = 0")
    start.click()
    page.get_by_text("Finished").first.wait_for(timeout=120_000)
    page.wait_for_timeout(3000)
    report.at_most(f"layout shift from Start to the end{where}", page.evaluate(TOTAL), 0.02)
    report.say(f"  largest: {page.evaluate(LARGEST)}")
    page.context.close()
