"""What a sweep on the command line does while its runs train, by a plan or by Optuna."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # it takes long to import, and --help does without
    from nn.runs.store.store import Run, RunStore

LAUNCH_INTERVAL = 5.0  # seconds between two launches of queued runs
MAX_RETRIES = 3  # of a run whose worker vanished: it may be the run that kills it


class Launcher:
    """Launches the queued runs, and queues those again whose worker vanished. The server and the
    workers do that, too, but there may be neither: every worker may have been killed."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._next = 0.0  # by time.monotonic()
        self._retries = Counter[tuple[str, int]]()  # of each run, at each epoch
        self._was_waiting = False  # for workers of the cluster

    def launch(self, now: bool = False) -> None:
        """Launch what is queued; unless ``now``, every LAUNCH_INTERVAL seconds only. Raises
        UserError for a cluster that does not answer; one without workers is waited for."""
        from nn.runs.worker import cluster
        from nn.runs.worker.process import launch_queued

        if not now and time.monotonic() < self._next:
            return
        is_waiting = bool(cluster.address()) and not cluster.threads()
        if is_waiting and not self._was_waiting:
            click.echo("The cluster has no workers yet. Waiting for them.", err=True)
        self._was_waiting = is_waiting
        launch_queued(self._store)
        self._next = time.monotonic() + LAUNCH_INTERVAL

    def retry(self, vanished: Iterable[Run]) -> list[Run]:
        """Queue these runs again, whose workers vanished → those that are: of each, MAX_RETRIES
        times at most if it comes no further."""
        from nn.runs.sweep_runs import requeue

        retried = [run for run in vanished if self._retries[run.id, run.epoch] < MAX_RETRIES]
        requeue(self._store, retried)
        self._retries.update((run.id, run.epoch) for run in retried)
        return retried


@contextmanager
def progress_bar(unit: str, total: int) -> Iterator[Callable[[int, Iterable[float | None]], None]]:
    """How many are done, and the highest of their accuracies, 0–1; on standard error."""
    from tqdm import tqdm

    with tqdm(desc="sweep", total=total, unit=f" {unit}") as bar:

        def show(done: int, accuracies: Iterable[float | None]) -> None:
            if best := max((accuracy or 0.0 for accuracy in accuracies), default=0.0):
                bar.set_postfix(best=f"{best:.2%}", refresh=False)
            is_same, bar.n = done == bar.n, done
            if not is_same or sys.stderr.isatty():  # a file gets no line a second
                bar.refresh()

        yield show
