"""``kill -9`` of a worker, the server and the command line, in turn, each at a random time: nothing
committed is lost, and every run ends like an uninterrupted one, bit for bit.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sqlalchemy import update

from nn.errors import UserError
from nn.runs import check_store
from nn.runs.spec import RunSpec
from nn.runs.store import schema
from nn.runs.store.queue import LEASE_SECONDS, new_lease
from nn.runs.store.store import Run, RunStore, State
from nn.runs.worker.lease import LeaseLost
from nn.runs.worker.loop import work
from pages.server import assets
from pages.server.visitor_cookie import COOKIE
from tests.bench.cluster import parameters
from tests.bench.report import Report
from tests.browser.app import Server
from tests.postgresql import Server as PostgreSQL

ROOT = Path(__file__).parents[2]
KILLS = 100  # on each kind of database
Kind = Literal["worker", "server", "command line"]
KINDS: tuple[Kind, ...] = ("worker", "server", "command line")
EARLY_SHARE = 0.25  # of the processes, killed while they start
START_SECONDS = 120.0  # a process has begun to train, or the server responds, by then
KILL_SECONDS = 1.5  # after its start, or after it has begun to train
REQUEST_SECONDS = 0.3  # the server has launched the run by then
END_SECONDS = 300.0  # for what the server's workers still train
SPEC = RunSpec(
    hidden=(8,), lr=0.02, batch_size=300, epochs=100, dataset="strokes", validation_size=12_000
)


def run(report: Report) -> None:
    with PostgreSQL() as server, server.database() as url, tempfile.TemporaryDirectory() as folder:
        for each in (f"sqlite:///{folder}/store.sqlite3", url):
            report.say(each.partition(":")[0])
            began = time.monotonic()
            kill_in_turn(report, each, Path(folder), KILLS)
            report.say(f"{KILLS} kills in {time.monotonic() - began:.0f} s")


def kill_in_turn(
    report: Report, url: str, home: Path, kills: int, seed: int = 0, spec: RunSpec = SPEC
) -> None:
    """Kill ``kills`` processes on the store, then let every run end, and check all of it.

    spec: what all of them train.
    """
    store, rng, lost, unanswered = RunStore(url), random.Random(seed), 0, 0
    killing = _Killing(store, home, rng, spec)
    interrupted = 0
    for kind in islice(cycle(KINDS), kills):
        before = {each.id: recorded(store, each.id) for each in store.runs()}
        promised = killing.kill(kind, before)
        after = {each.id: recorded(store, each.id) for each in store.runs()}
        lost += sum(not _contains(after.get(run_id), was) for run_id, was in before.items())
        unanswered += promised not in ("", *after)
        interrupted += killing.release()
    _end_all(store)
    lease = new_lease()  # so that no worker of the server takes it
    whole = store.create(spec, lease=lease)
    for _ in work(store, whole.id, lease, cores=1):
        pass
    runs = store.runs()
    report.at_least("kills that interrupted a run", interrupted, kills // 6)
    report.at_most("runs that lost what they had recorded", lost, 0)
    report.at_most("runs that the server had promised and not recorded", unanswered, 0)
    unfinished = sum(each.state is not State.FINISHED for each in runs)
    report.at_most(f"runs of {len(runs)} that did not end", unfinished, 0)
    reference, epochs = parameters(store, store.run(whole.id)), recorded(store, whole.id)[:2]
    different = sum(
        not np.array_equal(parameters(store, each), reference)
        or recorded(store, each.id)[:2] != epochs
        for each in runs
        if each.state is State.FINISHED
    )
    report.at_most("runs that differ from the uninterrupted one", different, 0)
    report.at_most("damage found by `runs --check`", len(list(check_store.check(store))), 0)
    store.engine.dispose()


class _Killing:
    """The processes to kill. A worker and the command line go on with one run each, until it has
    ended."""

    def __init__(self, store: RunStore, home: Path, rng: random.Random, spec: RunSpec) -> None:
        self.store, self.rng, self.home, self.spec = store, rng, home, spec
        url = store.engine.url.render_as_string(hide_password=False)
        self.server = Server(home)
        self.server.store = url
        self.server.environment = self.environment = os.environ | {
            "DIGITSCOPE_STORE": url,
            "DIGITSCOPE_HOME": str(home),
            "OPENBLAS_NUM_THREADS": "1",
        }
        self.spec_file = home / "spec.json"
        self.spec_file.write_text(json.dumps(self._settings()))
        self.runs: dict[Kind, str] = {}
        self.killed: str | None = None  # the run of the process that was killed last

    def kill(self, kind: Kind, before: dict[str, Recorded]) -> str:
        """Start a process, give it something to do, and kill it; update ``before`` by what is
        committed just before that → the run that the server promised, if it did."""
        if kind == "server":
            return self._kill_server()
        run_id = self.runs.get(kind)
        if kind == "worker":
            run_id = self.runs[kind] = run_id or self.store.create(self.spec).id
            words = ["-m", "nn.runs.worker", run_id]
        elif run_id:
            words = ["-m", "nn", "resume", run_id]
        else:
            words = ["-m", "nn", "train", "--spec", str(self.spec_file)]
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.environment,
            preexec_fn=_on_two_cores,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if self.rng.random() > EARLY_SHARE:
            self._wait_for_training(process, run_id)
        time.sleep(self.rng.uniform(0, KILL_SECONDS))
        known = set(before)
        before |= {each.id: recorded(self.store, each.id) for each in self.store.runs()}
        process.kill()
        process.wait()
        if not run_id:
            made = [each.id for each in self.store.runs() if each.id not in known]
            run_id = next(iter(made), None)
        if run_id:
            self.runs[kind] = run_id
        self.killed = run_id
        return ""

    def _wait_for_training(self, process: subprocess.Popen[bytes], run_id: str | None) -> None:
        """Until its run (None: a new one) has got further, or the process has ended."""
        before = {each.id: each.step for each in self.store.runs()}
        give_up = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < give_up:
            for each in self.store.active_runs():
                is_its_run = each.id == run_id if run_id else each.id not in before
                if is_its_run and each.step > before.get(each.id, 0):
                    return
            time.sleep(0.05)

    def _kill_server(self) -> str:
        self.server.start(START_SECONDS)
        key = f"key-{self.rng.getrandbits(64):016x}"
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self._post, key)
            time.sleep(self.rng.uniform(0, REQUEST_SECONDS))
            self.server.process.kill()
            self.server.process.wait()
        self.killed = None  # its workers go on
        return answer.result()

    def _post(self, key: str) -> str:
        """Ask the server for a run → its id; "" when the server was killed before it answered."""
        settings = self._settings()
        for name in ("extra_data", "init_from"):
            settings.pop(name)
        body = {"version": assets.VERSION, "key": key, "settings": settings}
        request = urllib.request.Request(
            f"{self.server.url}/runs",
            json.dumps(body).encode(),
            {"Origin": self.server.url, "Cookie": f"{COOKIE}={key}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return str(json.load(response)["run"])
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        except (OSError, ValueError):
            return ""

    def _settings(self) -> dict[str, Any]:
        """The spec as the page and a file state it: layers as text."""
        return {**asdict(self.spec), "hidden": ",".join(map(str, self.spec.hidden))}

    def release(self) -> bool:
        """Let the run of the killed process be taken by the next → whether it was interrupted."""
        if not self.killed:
            return False
        expire_lease(self.store, self.killed)
        seen = self.store.run(self.killed)
        if not seen.state.active and seen.state is not State.INTERRUPTED:
            self.runs = {kind: each for kind, each in self.runs.items() if each != self.killed}
            return False
        if seen.state is State.INTERRUPTED and self.runs.get("worker") == self.killed:
            with suppress(UserError):
                self.store.requeue(self.killed)
        return seen.state is State.INTERRUPTED and seen.step > 0


Recorded = tuple[dict[int, float], dict[int, float], set[int]]


def recorded(store: RunStore, run_id: str) -> Recorded:
    """What has been committed of a run: epochs and points with their losses, steps of snapshots."""
    return (
        {epoch["epoch"]: epoch["train_loss"] for epoch in store.epochs(run_id)},
        {point.step: point.loss for point in store.points(run_id)},
        set(store.snapshot_steps(run_id)),
    )


def expire_lease(store: RunStore, run_id: str) -> None:
    """As if the run's worker had sent no heartbeat for longer than LEASE_SECONDS."""
    with store.writing() as connection:
        r = schema.runs.c
        held = update(schema.runs).where(r.id == run_id, r.lease.is_not(None))
        connection.execute(held.values(heartbeat=r.heartbeat - LEASE_SECONDS - 0.5))


def _contains(now: Recorded | None, was: Recorded) -> bool:
    if now is None:
        return False
    return (
        was[0].items() <= now[0].items() and was[1].items() <= now[1].items() and was[2] <= now[2]
    )


def _end_all(store: RunStore) -> None:
    """Resume what was interrupted; wait for what the server's workers train."""
    give_up = time.monotonic() + END_SECONDS
    while unfinished := [each for each in store.runs() if each.state is not State.FINISHED]:
        for each in unfinished:
            _end(store, each)
        if time.monotonic() > give_up:
            return
        time.sleep(0.5)


def _end(store: RunStore, each: Run) -> None:
    if each.state is State.INTERRUPTED:
        with suppress(UserError):
            each = store.requeue(each.id)
    if each.state is State.QUEUED:
        with suppress(LeaseLost):  # one of the server's workers was faster
            for _ in work(store, each.id, cores=1):
                pass


def _on_two_cores() -> None:
    """So that a run gets one core, whose result the comparison repeats."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
