"""The cost of viewers: scripted clients that acknowledge each frame and draw nothing.

They watch one run, as Train does, or the 25 of a grid.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from websockets.sync.client import connect

from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore, State
from pages.server.visitor_cookie import COOKIE
from tests.bench.report import Report
from tests.browser.app import Server

MANY, SECONDS, ROUNDS = 30, 8.0, 5
CELLS, TRAINING = 25, 2  # of a grid; of them at a time
THUMBNAIL = {"rate": 4, "tiles": 4, "connections": False, "points": False}  # see run_grid.js


def run(report: Report) -> None:
    if not os.path.exists("/proc/self/stat"):
        report.say("This needs Linux: a process's CPU time is read from /proc.")
        return
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        server.start()
        store = RunStore(server.store)
        try:
            with training(server, store) as run_, watching(server, [run_.id], MANY) as seen:
                slowest, busy = measure(server, seen, report)
            report.at_least(f"frames/s of the slowest of {MANY} viewers", slowest, 5)
            report.at_most(f"cores that the server uses for {MANY} viewers", busy, 1)

            cells = [store.create(RunSpec(epochs=5000)).id for _ in range(CELLS)]
            workers = [server.launch(cell) for cell in cells[:TRAINING]]
            while not all(store.run(cell).step for cell in cells[:TRAINING]):
                time.sleep(0.05)
            with watching(server, cells, MANY, THUMBNAIL) as seen:
                slowest, busy = measure(server, seen, report)
            server.clear()
            for worker in workers:
                worker.wait()
            case = f"grid of {CELLS} cells, {TRAINING} training, {MANY} viewers"
            report.at_least(f"frames/s of the slowest viewer, {case}", slowest, 2 * TRAINING)
            report.at_most(f"cores that the server uses, {case}", busy, 1)

            shares = []
            with training(server, store) as run_:
                for _ in range(ROUNDS):
                    alone = speed(store, run_)
                    with watching(server, [run_.id], 1):
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


def measure(server: Server, seen: list[int], report: Report) -> tuple[float, float]:
    """→ frames a second of the viewer who gets the fewest, and cores that the server uses"""
    time.sleep(2)
    before, cpu, began = list(seen), cpu_seconds(server), time.perf_counter()
    time.sleep(SECONDS)
    took = time.perf_counter() - began
    rates = [(now - then) / took for now, then in zip(seen, before, strict=True)]
    report.say(f"{len(seen)} viewers: {min(rates):.1f} to {max(rates):.1f} frames/s")
    return min(rates), (cpu_seconds(server) - cpu) / took


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
def watching(
    server: Server, runs: Sequence[str], count: int, wish: Mapping[str, object] = {}
) -> Iterator[list[int]]:
    """Connect viewers, each with one socket for all runs → how many frames each has received."""
    seen, ended = [0] * count, threading.Event()
    address = server.url.replace("http", "ws")

    def watch(viewer: int) -> None:
        headers: dict[str, Any] = {"Origin": server.url, "Cookie": f"{COOKIE}=viewer-{viewer}"}
        with connect(f"{address}/live", additional_headers=headers) as socket:
            for run_id in runs:
                socket.send(json.dumps({"watch": run_id, **wish}))
            while not ended.is_set():
                message = socket.recv()
                if isinstance(message, bytes):
                    [length] = struct.unpack_from("<I", message)
                    header = json.loads(message[4 : 4 + length])
                    seen[viewer] += 1
                    socket.send(json.dumps({"drawn": header["run"]}))

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
