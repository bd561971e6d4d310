"""Memory of the browser and the server during half an hour of live training on the Train page."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from tests.bench.report import Report
from tests.browser.app import Server, chromium, find_chromium, heap, start

EARLY, LATE = 2.0, float(os.environ.get("DIGITSCOPE_BENCH_MINUTES", "30"))  # minutes


def run(report: Report) -> None:
    path = find_chromium()
    if not path or not os.path.exists("/proc/self/status"):
        report.say("This needs Chromium and Linux: a process's memory is read from /proc.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.start()
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{server.url}/?epochs=10000")
            start(page)
            began = time.monotonic()
            found = []
            for minutes in (EARLY, LATE):
                time.sleep(max(0, began + 60 * minutes - time.monotonic()))
                assert server.active(), "The run has ended."
                found.append((heap(page), resident(server.process.pid)))
                report.say(
                    f"after {minutes:g} minutes: browser {found[-1][0] / 2**20:.1f} MiB, server "
                    f"{found[-1][1] / 2**20:.1f} MiB"
                )
            for what, early, late in zip(("browser heap", "server"), *found, strict=True):
                case = f"percent by which the {what} grew from {EARLY:g} to {LATE:g} minutes"
                report.at_most(case, 100 * (late / early - 1), 10)
        finally:
            server.clear()
            server.stop()


def resident(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return 1024 * int(line.split()[1])
