"""The worker process: ``python -m nn.runs.worker RUN`` trains the run, or its race, then the queued
runs after it. Without RUN it is a standby worker: it loads everything and waits for a run's id on
standard input.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

from nn.data import sources
from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import queue
from nn.runs.store.lock_retry import Unwritable, retry_while_locked
from nn.runs.store.store import RunStore
from nn.runs.worker import process
from nn.runs.worker.loop import work
from nn.runs.worker.race import train_taken
from nn.support.paths import log as log_file

NICE = 5  # added to the worker's niceness: a lower priority

log = logging.getLogger(__name__)


@retry_while_locked
def _take_next(store: RunStore, run_id: str | None) -> tuple[str, str] | None:
    with store.exclusive() as connection:
        return queue.take_next(connection, run_id)


def drain_queue(store: RunStore, run_id: str | None = None) -> None:
    """Train the run, if it is still queued and a slot is free, then the queued runs after it."""
    leases: list[str] = []  # of its runs, the last one is held now
    while taken := _take_next(store, run_id):
        run_id = None
        leases.append(taken[1])
        if len(leases) == 1:
            process.keep_slots_filled(store, lambda: leases[-1])
        _log_to(taken[0])
        log.info("Run %s is trained by process %d.", taken[0], os.getpid())
        try:
            for _ in train_taken(store, *taken):
                pass
        except Unwritable:
            raise
        except Exception:  # logged and recorded; the next run is not affected
            pass


def _log_to(run_id: str) -> None:
    """Redirect what the process prints to the run's log."""
    with open(log_file(run_id), "ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


def _warm_up() -> None:
    """Take one step of a default run in memory, which loads everything that a first step needs."""
    store = RunStore("sqlite://")
    events = work(store, store.create(RunSpec(dataset=sources.default_dataset())).id)
    next(events, None)
    events.close()  # type: ignore[attr-defined]


def _lower_priority() -> None:
    """Let the server go first when both want the processor."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    # Linux with autogroups compares sessions, not processes, and this process has a session of its
    # own: niceness alone would have no effect (man 7 sched).
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


def main() -> None:
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    _lower_priority()
    if len(sys.argv) > 1:
        run_id = sys.argv[1]
    else:
        _warm_up()
        run_id = sys.stdin.readline().strip()  # empty when the server has ended
    try:
        if run_id:
            drain_queue(RunStore(), run_id)
    except UserError as error:
        log.error("%s", error)
        sys.exit(1)
