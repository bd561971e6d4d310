"""Runs on a Dask cluster: its scheduler says which computer trains which run, and repeats what was
lost with a worker.

A task is "work on run R of the store at URL", nothing else. What happens to the run is in the store
alone: a task takes the run's lease as any worker does, resumes from the checkpoint if there is one,
trains and records. So no run is trained twice, whatever Dask does, and any task can be repeated.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from nn.errors import UserError
from nn.runs.store import queue
from nn.runs.store.lock_retry import Locked, retry_while_locked
from nn.runs.store.run import Run, State
from nn.runs.store.store import RunStore
from nn.runs.worker.lease import LeaseLost
from nn.runs.worker.loop import work

if TYPE_CHECKING:  # an optional package
    from distributed import Client

VARIABLE = "DIGITSCOPE_CLUSTER"
INSTALL = "Dask is not installed. Install it with `pip install -r requirements-cluster.txt`."
CONNECT_SECONDS = 10.0
LOOK_INTERVAL = 0.5  # seconds between two looks at a run that another worker seems to train

log = logging.getLogger(__name__)


def address() -> str:
    """Of the scheduler: ``$DIGITSCOPE_CLUSTER``; "": runs are trained on this computer."""
    return os.environ.get(VARIABLE, "")


def choose(address: str) -> int:
    """Let this process, and those that it starts, train on the cluster with this scheduler; "": on
    this computer → how many runs the cluster trains at a time.

    Raises UserError, and changes nothing, when Dask is not installed or no scheduler answers.
    """
    if not address:
        os.environ.pop(VARIABLE, None)
        return 0
    threads = _threads(address)
    os.environ[VARIABLE] = address
    return threads


def submit(store: RunStore, runs: Iterable[Run]) -> None:
    """Let the cluster train these queued runs, each as soon as a worker of it is free. A run that
    waits there already is not submitted again.

    Raises UserError when Dask is not installed or the scheduler does not answer.
    """
    client = _client(address())
    from distributed import fire_and_forget

    url = store.engine.url.render_as_string(hide_password=False)
    for run in runs:
        # A plain function and strings: the scheduler reads them, and need not have Digitscope.
        code = f"from nn.runs.worker.cluster import train; train({url!r}, {run.id!r})"
        # A run that is queued again has a task of its own.
        key = f"{run.id}-{run.heartbeat}"
        try:
            future = client.submit(exec, code, {}, key=key, pure=False)
            fire_and_forget(future)  # type: ignore[no-untyped-call]
        except Exception as error:  # whatever Dask raises when the scheduler is gone
            raise UserError(_no_answer(address())) from error


def threads() -> int:
    """How many runs the cluster trains at a time. Raises UserError as ``submit``."""
    return _threads(address())


def _threads(address: str) -> int:
    return sum(_client(address).nthreads().values())  # type: ignore[no-untyped-call]


def _client(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise UserError(INSTALL) from None
    client: Client = _connect(Client, address)
    if client.status not in ("running", "connecting"):  # the scheduler is gone
        _connect.cache_clear()
        client = _connect(Client, address)
    return client


@cache
def _connect(kind: type[Client], address: str) -> Client:
    try:
        return kind(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:  # also a timeout, and an address that is none
        raise UserError(_no_answer(address)) from error


def _no_answer(address: str) -> str:
    return (
        f"The Dask scheduler at {address} does not answer. Start it, or leave the cluster out to "
        "train on this computer; runs that are queued stay queued."
    )


def train(url: str, run_id: str) -> None:
    """Train the run to its end in this thread, on one core, unless another worker does or it has
    ended. A run whose worker has vanished is taken over when its lease is over."""
    store = _store(url)
    seen = retry_while_locked(store.run)
    give_up = time.monotonic() + queue.LEASE_SECONDS + 2 * LOOK_INTERVAL
    while True:
        try:
            run = seen(run_id)
        except Locked:  # no database for minutes: the task fails, and the run can be queued again
            raise
        except UserError as error:  # deleted
            log.warning("%s", error)
            return
        lease = None
        if run.state is State.INTERRUPTED:
            lease = queue.new_lease()
            with suppress(UserError):  # another was faster
                store.requeue(run_id, lease)
        elif not (run.state is State.QUEUED or run.state is State.RUNNING):
            return
        with suppress(LeaseLost):
            for _ in work(store, run_id, lease, cores=1):
                pass
            return
        if time.monotonic() > give_up:  # its worker is alive
            return
        time.sleep(LOOK_INTERVAL)


@cache
def _store(url: str) -> RunStore:
    return RunStore(url)
