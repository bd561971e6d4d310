"""A grid of 25 small networks on MNIST: by the command line, and by the queue with its page or not.

The command line is given what the queue has: as many runs at a time as there are cores.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page

from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store.groups import create_group
from nn.runs.store.queue import available_cores
from nn.runs.store.store import RunStore, State
from pages.grid import plan
from pages.server import runs_api
from tests.bench.report import Report
from tests.browser.app import ROOT, Server, chromium, find_chromium

LIMIT = 600  # seconds

# How often the page draws, and how long its tasks take.
WATCH = """window.tasks = []; window.drawn = 0;
new PerformanceObserver((list) => list.getEntries().forEach((task) => tasks.push(task.duration)))
    .observe({ type: "longtask" });
const count = () => { window.drawn++; requestAnimationFrame(count); };
requestAnimationFrame(count);"""


def run(report: Report) -> None:
    path = find_chromium()
    if not path:
        report.say("The page is measured in Chromium, which was not found.")
        return
    base = {**runs_api.DEFAULTS, "hidden": "128", "dataset": sources.default_dataset(), "epochs": 2}
    made = plan.make(
        (plan.WIDTH, plan.SUGGESTED[plan.WIDTH]), (plan.DEPTH, plan.SUGGESTED[plan.DEPTH]), base
    )
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.start()
        try:
            alone = _by_command_line(server, made.specs())
            report.say(f"by the command line: {alone:.1f} s")
            closed = _by_queue(server, made)
            report.say(f"by the queue, page closed: {closed:.1f} s")
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.add_init_script(WATCH)
            drawn: list[float] = []
            opened = _by_queue(server, made, lambda group: _open(page, server, group), drawn, page)
            report.say(f"by the queue, page open: {opened:.1f} s")
            max_task = page.evaluate("Math.max(0, ...tasks)")
            page.close()
        finally:
            server.clear()
            server.stop()
    report.at_most("time with the page closed, relative to the command line", closed / alone, 1.1)
    report.at_most("time with the page open, relative to the command line", opened / alone, 1.5)
    report.at_least("frames per second of the page", drawn[0], 10)
    report.at_most("milliseconds of the longest task in the browser", max_task, 200)


def _by_command_line(server: Server, specs: list[RunSpec]) -> float:
    def train(spec: RunSpec) -> None:
        subprocess.run(
            [sys.executable, "-m", "nn", "train", "--spec", "/dev/stdin", "--json"],
            cwd=ROOT, env=server.environment, input=spec.to_json().encode(),
            stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip

    began = time.perf_counter()
    with ThreadPoolExecutor(available_cores()) as pool:
        list(pool.map(train, specs))
    return time.perf_counter() - began


def _by_queue(
    server: Server,
    made: plan.Plan,
    before: Callable[[str], object] = lambda group: None,
    drawn: list[float] | None = None,
    page: Page | None = None,
) -> float:
    """Seconds from the start of the workers to the end of the last run. drawn: gets the frames per
    second that the page has drawn meanwhile."""
    store = RunStore(server.store)
    group = create_group(store, "grid", made.specs(), **made.options())
    before(group.id)
    frames = page.evaluate("drawn") if page else 0
    began = time.perf_counter()
    for run_id in group.runs[: available_cores()]:
        server.launch(run_id)
    while any(store.run(run_id).state.active for run_id in group.runs):
        assert time.perf_counter() < began + LIMIT, "The grid takes too long."
        page.wait_for_timeout(100) if page else time.sleep(0.1)
    took = time.perf_counter() - began
    if page and drawn is not None:
        drawn.append((page.evaluate("drawn") - frames) / took)
    assert all(store.run(run_id).state is State.FINISHED for run_id in group.runs)
    return took


def _open(page: Page, server: Server, group: str) -> None:
    page.goto(f"{server.url}/grid?group={group}")
    page.get_by_text("0 of 25 done").first.wait_for()
