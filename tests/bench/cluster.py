"""Many runs on several computers: a sweep on a Dask cluster whose workers and scheduler are killed,
one during which a host vanishes and the database is stopped, how much faster two workers are than
one, and the queue of a PostgreSQL store.
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
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
from sqlalchemy import event, func, select, text, update

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
TWO_EPOCHS = 20
TWO = ["--epochs", str(TWO_EPOCHS), "--hidden", "128", "--set", "lr=0.1", "--seeds", "2"]
OUTAGE = 60.0  # seconds for which the database is stopped
QUEUED, WORKERS = 1000, 8
TINY_SECONDS = 0.1
POLL = "SELECT runs.id AS"  # how a poll for commands begins
POLLING = 4.0  # seconds


def run(report: Report) -> None:
    with Server() as server:
        with server.database() as url:
            measure_rates(report, url)
        with server.database() as url:
            measure_queue(report, url)
        with server.database() as first, server.database() as second:
            measure_throughput(report, first, second)
        with server.database() as url, server.database() as undisturbed:
            survive(report, url, undisturbed)
        with server.database() as url, server.database() as undisturbed:
            survive_outages(report, server, url, undisturbed)


# The store


def measure_rates(report: Report, url: str) -> None:
    """What one run asks of the server a second, and how many polls for commands the server answers
    here, those who ask included."""
    store, counts = RunStore(url), Counter[str]()

    @event.listens_for(store.engine, "after_cursor_execute")
    def count(_connection, _cursor, statement, *_) -> None:
        counts["polls" if statement.startswith(POLL) else "other statements"] += 1

    @event.listens_for(store.engine, "commit")
    def count_commit(_connection) -> None:
        counts["transactions that write"] += 1

    def logged() -> float:
        return float(store.rows(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))[0][0])

    run = store.create(RunSpec(epochs=12))
    bytes_before, began = logged(), time.monotonic()
    counts.clear()
    for _ in work(store, run.id, cores=1):
        pass
    seconds, written = time.monotonic() - began, logged() - bytes_before
    rates = ", ".join(f"{count / seconds:.1f} {what}" for what, count in counts.items())
    report.say(f"a run of {seconds:.1f} s, a second: {rates}, {written / seconds / 1e6:.1f} MB log")
    size = func.sum(func.octet_length(schema.snapshots.c.parameters))
    snapshots = store.rows(select(size))[0][0] / 1e6
    report.say(f"of the log, snapshots are {snapshots / seconds:.1f} MB a second")
    with ProcessPoolExecutor(4) as pool:
        polls = sum(pool.map(_poll, [url] * 4, [run.id] * 4))
    report.say(f"{polls / POLLING:.0f} polls a second, asked by 4 processes")
    store.engine.dispose()


def _poll(url: str, run_id: str) -> int:
    store, count, ends = RunStore(url), 0, time.monotonic() + POLLING
    while time.monotonic() < ends:
        store.poll([run_id])
        count += 1
    return count


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
    hosts = store.rows(select(schema.runs.c.host, func.count()).group_by(schema.runs.c.host))
    report.say(f"last worker's host: {dict(map(tuple, hosts))}")
    compare(report, store, undisturbed, epochs=6)


def survive_outages(report: Report, server: Server, url: str, undisturbed: str) -> None:
    """A host vanishes (its worker is frozen: its connections stay open, and nothing comes), comes
    back when its run has gone on elsewhere, and then the database is stopped for a minute."""
    store, hosts, r = RunStore(url), ("north", "south", "west"), schema.runs.c

    def training() -> dict[str, str]:
        """The host of each run that trains."""
        found = select(r.id, r.host).where(r.step > 0, queue.has_worker())
        return {row.id: row.host for row in store.rows(found)}

    with cluster(url, hosts) as made:
        command = made.sweep(*TWO, "--json")
        while len(before := training()) < 2:
            time.sleep(0.1)
        run_id, host = next(iter(before.items()))
        worker = made.workers[hosts.index(host)]
        worker.send_signal(signal.SIGSTOP)
        vanished = time.monotonic()
        while training().get(run_id, host) == host and command.poll() is None:
            time.sleep(0.1)
        took = time.monotonic() - vanished
        report.at_most("seconds until the run of a vanished host goes on elsewhere", took, 15)
        worker.send_signal(signal.SIGCONT)
        time.sleep(1)
        server.stop()
        time.sleep(OUTAGE)
        server.start()
        active = sum(run.state.active for run in store.runs())
        report.at_least(f"runs alive after {OUTAGE:.0f} s without the database", active, 2)
        status = command.wait()
        report.at_most("exit status of the sweep", status, 0)
        report.say(command.stderr.read()[-500:])
    compare(report, store, undisturbed, epochs=TWO_EPOCHS)


def compare(report: Report, store: RunStore, undisturbed: str, epochs: int) -> None:
    """All runs with the same, trained without disturbance."""
    runs = store.runs()
    finished = sum(run.state == State.FINISHED for run in runs)
    report.at_least(f"runs finished of {len(runs)}", finished, len(runs))
    other, equal = RunStore(undisturbed), 0
    for run in runs:
        whole = other.create(run.spec)
        for _ in work(other, whole.id, cores=1):
            pass
        equal += np.array_equal(parameters(store, run), parameters(other, other.run(whole.id)))
    report.at_least("runs with the parameters of an undisturbed one", equal, len(runs))
    recorded = [len(store.epochs(run.id)) for run in runs]
    wrong = sum(n != epochs for n in recorded)
    report.at_most("runs with epochs recorded other than once", wrong, 0)
    store.engine.dispose()
    other.engine.dispose()


def parameters(store: RunStore, run) -> np.ndarray:
    network, _, optimizer = run.spec.build()
    checkpoint.unpack(store.checkpoint(run.id), network.parameters, optimizer, network.sizes)
    return network.parameters
