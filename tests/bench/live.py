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


def run(report: Report) -> None:
    """Frames drawn a second, Start to first changed tile, Stop to halted: median and worst."""
    path = find_chromium()
    if not path:
        report.say("The live page is measured in Chromium, and none was found.")
        return
    frames, first, halted = [], [], []
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.start()
        store = RunStore(server.store)
        try:
            for _ in range(ROUNDS):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(server.url)
                page.get_by_label("Epochs", exact=True).fill("100")
                page.get_by_label("Epochs", exact=True).press("Enter")
                page.wait_for_function(f"{STEP} == 0 && window.Plotly")
                time.sleep(1)

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
                page.close()
                server.clear()
        finally:
            server.stop()
    report.say(f"worst: {min(frames):.1f} frames/s, {max(first):.2f} s, {max(halted):.2f} s")
    report.at_least("wall frames drawn a second", statistics.median(frames), 15)
    report.at_most("seconds from Start to the first changed tile", statistics.median(first), 2)
    report.at_most("seconds from Stop to the worker's halt", statistics.median(halted), 0.3)
