"""The cost of viewers: scripted clients that acknowledge each frame and draw nothing."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from websockets.sync.client import connect

from nn.runs.store.store import Run, RunStore, State
from tests.bench.report import Report
from tests.browser.app import Server

MANY, SECONDS, ROUNDS = 30, 8.0, 5


def run(report: Report) -> None:
    if not os.path.exists("/proc/self/stat"):
        report.say("This needs Linux: a process's CPU time is read from /proc.")
        return
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        server.start()
        store = RunStore(server.store)
        try:
            with training(server, store) as run_, watching(server, run_.id, MANY) as seen:
                time.sleep(2)
                before, cpu, began = list(seen), cpu_seconds(server), time.perf_counter()
                time.sleep(SECONDS)
                took = time.perf_counter() - began
                rates = [(now - then) / took for now, then in zip(seen, before, strict=True)]
                busy = (cpu_seconds(server) - cpu) / took
            report.say(f"{MANY} viewers: {min(rates):.1f} to {max(rates):.1f} frames/s")
            report.at_least(f"frames/s of the slowest of {MANY} viewers", min(rates), 5)
            report.at_most(f"cores that the server uses for {MANY} viewers", busy, 1)

            shares = []
            with training(server, store) as run_:
                for _ in range(ROUNDS):
                    alone = speed(store, run_)
                    with watching(server, run_.id, 1):
                        time.sleep(0.5)
                        watched = speed(store, run_)
                    time.sleep(4)  # until the worker notices that there are no viewers
                    shares.append(100 * watched / alone)
                    report.say(f"alone {alone:,.0f}, watched {watched:,.0f} images/s")
            case = "training speed with one viewer, percent of the speed without"
            report.at_least(case, median(shares), 90)
        finally:
            server.clear()
            server.stop()


@contextmanager
def training(server: Server, store: RunStore) -> Iterator[Run]:
    """A long run of the default network that is training, in a worker like the page's."""
    process = server.worker(epochs=5000)
    while not (found := [run for run in store.runs() if run.state is State.RUNNING and run.step]):
        time.sleep(0.05)
    yield found[0]
    store.command(found[0].id, "stop")
    process.wait(20)


@contextmanager
def watching(server: Server, run_id: str, count: int) -> Iterator[list[int]]:
    """Connect ``count`` viewers → how many frames each has received so far."""
    seen, ended = [0] * count, threading.Event()
    address = server.url.replace("http", "ws")

    def watch(viewer: int) -> None:
        headers: dict[str, Any] = {"Origin": server.url}
        with connect(f"{address}/live", additional_headers=headers) as socket:
            socket.send(json.dumps({"watch": run_id}))
            while not ended.is_set():
                socket.recv()
                seen[viewer] += 1
                socket.send(json.dumps({"drawn": run_id}))

    threads = [threading.Thread(target=watch, args=(viewer,)) for viewer in range(count)]
    for thread in threads:
        thread.start()
    yield seen
    ended.set()
    for thread in threads:
        thread.join()


def speed(store: RunStore, run: Run) -> float:
    """Training speed in images per second of wall-clock time."""
    before, began = store.run(run.id).samples_seen, time.perf_counter()
    time.sleep(SECONDS / 2)
    return (store.run(run.id).samples_seen - before) / (time.perf_counter() - began)


def cpu_seconds(server: Server) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
