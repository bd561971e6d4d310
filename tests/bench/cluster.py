"""Many runs on several computers: a sweep on a Dask cluster whose workers and scheduler are killed,
how much faster two workers are than one, and the queue of a PostgreSQL store.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
from sqlalchemy import func, select, update

from nn.models import checkpoint
from nn.runs.spec import RunSpec
from nn.runs.store import queue, schema
from nn.runs.store.store import RunStore, State
from nn.runs.worker.loop import work
from tests.bench.report import Report
from tests.postgresql import Server

ROOT = Path(__file__).parents[2]
HOSTS = ("north", "north", "south", "south")
KILL_INTERVAL = 5.0  # seconds
SWEEP = ["--hidden", "128", "--set", "lr=log:0.01..0.3:8", "--seeds", "3"]  # 24 runs
EIGHT = ["--epochs", "3", "--hidden", "256", "--set", "lr=0.1", "--seeds", "8"]
TINY = ["--train-size", "500", "--hidden", "8", "--epochs", "1", "--set", "lr=0.1", "--seeds", "20"]
QUEUED, WORKERS = 1000, 8
TINY_SECONDS = 0.1


def run(report: Report) -> None:
    with Server() as server:
        with server.database() as url:
            measure_queue(report, url)
        with server.database() as first, server.database() as second:
            measure_throughput(report, first, second)
        with server.database() as url, server.database() as undisturbed:
            survive(report, url, undisturbed)


# The queue


def measure_queue(report: Report, url: str) -> None:
    store = RunStore(url)
    runs = {store.create(RunSpec(dataset="strokes")).id for _ in range(QUEUED)}
    with ProcessPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(_take_all, [url] * WORKERS))
    taken = [run_id for ids, _ in answers for run_id in ids]
    seconds = [each for _, times in answers for each in times]
    report.at_most("queued runs lost or taken twice", len(taken) - 2 * len(set(taken)) + QUEUED, 0)
    assert set(taken) <= runs
    median, _95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    report.at_most("ms for taking a run, 8 workers, median", 1000 * median, 20)
    report.at_most("ms for taking a run, 8 workers, 95 %", 1000 * _95, 100)
    store.engine.dispose()


def _take_all(url: str) -> tuple[list[str], list[float]]:
    queue.available_cores = lambda: 2 * QUEUED
    store, taken, seconds = RunStore(url), [], []
    while True:
        began = time.perf_counter()
        with store.exclusive() as connection:
            found = queue.take_next(connection)
        if not found:
            return taken, seconds
        seconds.append(time.perf_counter() - began)
        taken.append(found[0])
        time.sleep(TINY_SECONDS)  # as a tiny run trains
        with store.writing() as connection:
            change = update(schema.runs).where(schema.runs.c.id == found[0])
            connection.execute(change.values(state=State.FINISHED, lease=None))


# On a cluster


class Cluster:
    """A scheduler and workers of one thread on this computer, under several host names."""

    def __init__(self, url: str, hosts: tuple[str, ...]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
        self._environment = os.environ | {"DIGITSCOPE_STORE": url, "OMP_NUM_THREADS": "1"}
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.start_scheduler()
        self.workers = {i: self._start_worker(host) for i, host in enumerate(hosts)}
        self._hosts = hosts

    def _start(self, *words: str, host: str = "") -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--no-dashboard"],
            cwd=ROOT,
            env=self._environment | {"DIGITSCOPE_HOST": host},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start_scheduler(self) -> None:
        self.scheduler = self._start("scheduler", "--host", self.address)

    def _start_worker(self, host: str) -> subprocess.Popen[bytes]:
        options = "--no-nanny", "--nthreads", "1", "--local-directory", self._folder.name
        return self._start("worker", self.address, *options, host=host)

    def kill_a_worker(self, rng: random.Random) -> None:
        chosen = rng.randrange(len(self.workers))
        self.workers[chosen].kill()
        self.workers[chosen].wait()

    def restart_workers(self) -> None:
        """Those that have ended, as a service manager does."""
        for i, worker in self.workers.items():
            if worker.poll() is not None:
                self.workers[i] = self._start_worker(self._hosts[i])

    def sweep(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "nn", "sweep", *words, "--cluster", self.address]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        from distributed import Client

        with Client(self.address, timeout=60) as client:
            client.wait_for_workers(len(self.workers), timeout=60)

    def close(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()
        self._folder.cleanup()


@contextmanager
def cluster(url: str, hosts: tuple[str, ...]) -> Iterator[Cluster]:
    made = Cluster(url, hosts)
    try:
        made.wait_until_ready()
        yield made
    finally:
        made.close()


def measure_throughput(report: Report, first: str, second: str) -> None:
    """The same eight runs on one worker and on two."""
    seconds = []
    for url, hosts in ((first, ("north",)), (second, ("north", "south"))):
        with cluster(url, hosts) as made:
            for words in (TINY, EIGHT):
                command = made.sweep(*words)
                assert command.wait() == 0, command.stderr.read()
        store = RunStore(url)
        runs = [run for run in store.runs() if run.spec.hidden == (256,)]
        ended = max(run.heartbeat for run in runs)
        began = min(run.created for run in runs)
        seconds.append(ended - began)
        if len(hosts) == 1:
            ends = sorted(run.heartbeat for run in store.runs() if run.spec.hidden == (8,))
            apart = statistics.median(after - before for before, after in pairwise(ends))
            report.at_most("seconds a run of 4 steps takes with all that belongs to it", apart, 0.3)
        store.engine.dispose()
    report.at_least("runs a second, two workers / one", seconds[0] / seconds[1], 1.6)


def survive(report: Report, url: str, undisturbed: str) -> None:
    """A worker is killed every KILL_INTERVAL, and once the scheduler, whereupon the command is
    repeated."""
    rng, store, kills = random.Random(0), RunStore(url), 0
    words = [*SWEEP, "--epochs", "6", "--json"]

    def done() -> int:
        return sum(run.state == State.FINISHED for run in store.runs())

    with cluster(url, HOSTS) as made:
        command, next_kill, scheduler_killed = made.sweep(*words), time.monotonic(), False
        began = time.monotonic()
        while command.poll() is None or (scheduler_killed and command.returncode):
            time.sleep(0.2)
            made.restart_workers()
            if time.monotonic() > next_kill:
                made.kill_a_worker(rng)
                kills += 1
                next_kill = time.monotonic() + KILL_INTERVAL
            if done() >= 8 and not scheduler_killed:
                made.scheduler.kill()
                made.scheduler.wait()
                time.sleep(2)
                command.send_signal(signal.SIGINT)
                command.wait()
                made.start_scheduler()
                command, scheduler_killed = made.sweep(*words), True
            elif command.poll():  # the scheduler was not ready
                report.say(command.stderr.read()[-300:])
                time.sleep(1)
                command = made.sweep(*words)
        took = time.monotonic() - began
        report.say(f"{kills} workers and the scheduler killed in {took:.0f} s")
    runs = store.runs()
    report.at_least("runs finished of 24", done(), 24)
    hosts = store.rows(select(schema.runs.c.host, func.count()).group_by(schema.runs.c.host))
    report.say(f"last worker's host: {dict(map(tuple, hosts))}")
    other, equal = RunStore(undisturbed), 0
    for run in runs:
        whole = other.create(run.spec)
        for _ in work(other, whole.id, cores=1):
            pass
        equal += np.array_equal(parameters(store, run), parameters(other, other.run(whole.id)))
    report.at_least("runs with the parameters of an undisturbed one", equal, 24)
    epochs = [len(store.epochs(run.id)) for run in runs]
    report.at_most("epochs recorded other than once", sum(n != 6 for n in epochs), 0)
    store.engine.dispose()
    other.engine.dispose()


def parameters(store: RunStore, run) -> np.ndarray:
    network, _, optimizer = run.spec.build()
    checkpoint.unpack(store.checkpoint(run.id), network.parameters, optimizer, network.sizes)
    return network.parameters
