"""The runs of a sweep: whether they were started before, which are done, and stopping and resuming
all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from nn.errors import UserError
from nn.runs.store.groups import Group, groups
from nn.runs.store.run import Run
from nn.runs.store.store import RunStore
from nn.runs.sweep import Plan
from nn.runs.worker.process import send_command


def find_sweep(store: RunStore, plan: Plan, owner: str | None = None) -> Group | None:
    """The newest sweep of the same runs of which none was deleted; with an owner, only theirs."""
    for group in groups(store):
        is_same = group.options.get("fingerprint") == plan.options["fingerprint"]
        is_theirs = owner is None or group.owner == owner
        if group.kind == "sweep" and is_same and is_theirs and len(group.runs) == len(plan.specs):
            return group
    return None


def is_done(run: Run) -> bool:
    """Whether it trained to its end, also if that was a bad one."""
    return run.state in ("finished", "diverged")


def requeue(store: RunStore, runs: Iterable[Run]) -> None:
    """Queue those of the runs that are not done and have no worker."""
    for run in runs:
        with suppress(UserError):  # it has a worker, or is done
            if run.state == "paused":
                send_command(store, run.id, "resume")
            elif not is_done(run):
                store.requeue(run.id)


def stop(store: RunStore, runs: Sequence[Run]) -> None:
    """Take those that are queued out of the queue, and tell the others to stop."""
    store.cancel(*(run.id for run in runs))  # first, so that no worker takes the next one
    for run in runs:
        with suppress(UserError):  # it has ended
            send_command(store, run.id, "stop")
