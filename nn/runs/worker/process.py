"""Worker processes on this computer: starting them, and sending them commands."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import IO, get_args

from sqlalchemy.exc import SQLAlchemyError

from nn.errors import UserError
from nn.runs.store import groups, queue
from nn.runs.store.run import CommandKind, Run, State
from nn.runs.store.store import RunStore
from nn.runs.worker import cluster
from nn.support.paths import log

COMMAND_KINDS = get_args(CommandKind)
POLL_INTERVAL = 0.5  # seconds between two polls for runs that are left alone
REPLACE_SECONDS = 6.0  # before the next standby worker loads, which would slow a starting run


def send_command(
    store: RunStore, run_id: str, command: CommandKind, value: float | None = None
) -> int | None:
    """Send a command to a run's worker → its id, as RunStore.command. Of a run without a worker,
    "resume" queues it again, with the members of its race that were paused with it, and "stop"
    takes it out of the queue, with its race, at once → None.

    Raises UserError when the run's state does not allow it, and for a value as RunStore.command.
    """
    if command == "stop" and run_id in store.cancel(run_id, *_companions(store, run_id)):
        return None
    if sent := store.command(run_id, command, value):
        return sent
    if command == "resume":
        present = store.present(_companions(store, run_id)).values()
        runs = [run for run, _ in present if isinstance(run, Run)]
        _requeue(store, run_id, [run.id for run in runs if run.state is State.PAUSED])
        return None
    run = store.run(run_id)
    raise UserError(f"Run {run.name} is {run.state}: there is nothing to {command}.")


def resume_race(store: RunStore, run_id: str) -> None:
    """Resume the run, and with it all members of its race that can be, in one worker. They go on
    as RunStore.requeue, whose exceptions this raises; one that is behind catches up first."""
    _requeue(store, run_id, _companions(store, run_id))


def _requeue(store: RunStore, run_id: str, companions: Collection[str]) -> None:
    store.requeue(run_id, companions=companions)
    launch(run_id)


def _companions(store: RunStore, run_id: str) -> list[str]:
    """The other members of the run's race."""
    races = [group for group in groups.groups_of(store, run_id) if group.kind == "race"]
    return [each for group in races for each in group.runs if each != run_id]


def launch(run_id: str) -> None:
    """Start a worker for the queued run if a slot is free; else the next free worker takes it. With
    a cluster, submit it there."""
    if cluster.address():
        store = RunStore()
        cluster.submit(store, [store.run(run_id)])
        return
    with RunStore().engine.connect() as connection:
        if not queue.free_slots(connection):
            return
    if not standby.assign(run_id):
        start(run_id)


def launch_queued(store: RunStore) -> None:
    """Launch the next queued runs, as many as there are free slots: after freeing a slot, and when
    the server starts, which may have been killed before it launched a run that it had recorded.
    With a cluster, submit all of them that it does not have already."""
    if cluster.address():
        with store.engine.connect() as connection:
            waiting = queue.queued_runs(connection)
        found = {run.id: run for run in store.runs(waiting)} if waiting else {}
        cluster.submit(store, [found[run_id] for run_id in waiting if run_id in found])
        return
    with store.engine.connect() as connection:
        next_runs = queue.queued_runs(connection)[: queue.free_slots(connection)]
    for run_id in next_runs:
        launch(run_id)


def keep_slots_filled(store: RunStore, lease: Callable[[], str] | None = None) -> None:
    """Launch runs that are left alone beside free slots, in a thread that ends with this process.

    lease: that of the worker that asks, if it is one; see queue.left_alone.
    """

    def poll() -> None:
        launched: dict[str, float] = {}  # run → when, by time.monotonic()
        while True:
            time.sleep(POLL_INTERVAL)
            with suppress(UserError, SQLAlchemyError, OSError):  # the next poll will do
                with store.engine.connect() as connection:
                    waiting = queue.left_alone(connection, lease() if lease else None)
                for run_id in waiting:
                    if time.monotonic() > launched.get(run_id, 0.0) + REPLACE_SECONDS:
                        launched[run_id] = time.monotonic()
                        launch(run_id)

    threading.Thread(target=poll, daemon=True, name="keep slots filled").start()


def start(run_id: str | None = None) -> subprocess.Popen[bytes]:
    """Start a worker process; without a run, one that waits for a run's id on standard input.

    It has its own process group: it outlives its parent, whose Ctrl-C does not reach it.
    Its log is ``logs/RUN.log`` in ``$DIGITSCOPE_HOME``.
    """
    root = str(Path(__file__).parents[3])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    with open(log(run_id or "worker"), "ab") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "nn.runs.worker", *filter(None, [run_id])],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL if run_id else subprocess.PIPE,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    # Without a wait for it, it would stay in the process table after its end.
    threading.Thread(target=child.wait, daemon=True).start()
    return child


class StandbyWorker:
    """A worker process that has loaded everything and has no run yet, so that a run starts fast.

    It takes no slot. It ends with this process, which holds the other end of its standard input.
    """

    def __init__(self) -> None:
        self._worker: IO[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the standby worker, unless there is one or the system starts no more processes."""
        with self._lock, suppress(OSError):
            if not self._worker:
                self._worker = start().stdin

    def assign(self, run_id: str) -> bool:
        """Let it train the run, and start the next one soon → whether there was one."""
        with self._lock:
            worker, self._worker = self._worker, None
        if not worker:
            return False
        timer = threading.Timer(REPLACE_SECONDS, self.start)
        timer.daemon = True
        timer.start()
        try:
            with worker:
                worker.write(f"{run_id}\n".encode())
        except BrokenPipeError:  # the worker has ended
            return False
        return True


standby = StandbyWorker()
