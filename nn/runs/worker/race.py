"""A race: one worker, in one slot, trains all members of a group by turns.

The members see the same images in the same order, in lockstep: no two of them are further apart
than the largest batch. In a free race they have the same training time instead. Each is trained and
recorded as a run alone is, bit for bit: between two steps of one member, only others are changed.

Commands are for all members (RunStore.command), and all obey between the same two rounds: with
equal batches, after equally many images. A member that ends, in whatever way, drops out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from threadpoolctl import threadpool_limits

from nn.parallel_step import CAN_FORK
from nn.runs.store import groups, schema
from nn.runs.store.lock_retry import Unwritable, retry_while_locked
from nn.runs.store.store import RunStore
from nn.runs.worker.control import POLL_INTERVAL, Pace
from nn.runs.worker.loop import fair_share, work
from nn.runs.worker.recorder import next_poll
from nn.training import Epoch, Step

LEVEL_PATIENCE = 0.2  # seconds that a command waits for members of different batch sizes
Event = tuple[str, Step | Epoch | None]  # the member's run, and what its worker yields

log = logging.getLogger(__name__)


def train_taken(store: RunStore, run_id: str, lease: str) -> Iterator[Event]:
    """Train the run, and the members of its race that are reserved under the same lease."""
    r = schema.runs.c
    held = retry_while_locked(store.rows)(select(r.id).where(r.lease == lease))
    runs = {row.id for row in held} | {run_id}
    if len(runs) == 1:
        yield from ((run_id, event) for event in work(store, run_id, lease))
        return
    of_run = retry_while_locked(groups.groups_of)(store, run_id)
    [group] = [each for each in of_run if runs <= set(each.runs)]
    members = [member for member in group.runs if member in runs]
    yield from race(store, members, lease, is_free=bool(group.options.get("free")))


def race(
    store: RunStore, runs: Sequence[str], lease: str, is_free: bool = False
) -> Iterator[Event]:
    """Train these runs by turns, each from its checkpoint or from the start, to its end.

    lease: the token under which all of them are reserved for this worker. Closing the generator
    stops all of them. Raises Unwritable, once all have ended, when one could not record how.
    """
    paces = {run_id: Pace(len(runs)) for run_id in runs}
    events = {run_id: work(store, run_id, lease, paces[run_id]) for run_id in runs}
    unwritable: Unwritable | None = None
    poll_at = 0.0
    with ExitStack() as stack:
        # What a member that ends restores: without this, it would change how the others compute.
        stack.enter_context(threadpool_limits(1 if CAN_FORK else fair_share(store), "blas"))
        for each in events.values():
            stack.callback(each.close)  # type: ignore[attr-defined]
        while paces:
            positions = {_position(pace, is_free) for pace in paces.values()}
            first, now = min(positions), time.perf_counter()
            # Commands are obeyed where all have come equally far, if they do soon.
            is_level = is_free or len(positions) == 1
            polls = now >= poll_at + (0 if is_level else LEVEL_PATIENCE)
            if polls:
                for run_id in _deliver(store, paces):
                    events[run_id].close()  # type: ignore[attr-defined]
                    del paces[run_id]
                poll_at = next_poll(now)
            has_trained = False
            for run_id, pace in list(paces.items()):
                pace.held = _position(pace, is_free) > first
                if pace.held and not polls:
                    continue
                try:
                    event = next(events[run_id])
                except StopIteration:
                    del paces[run_id]
                    continue
                except Unwritable as error:
                    unwritable = error
                    del paces[run_id]
                    continue
                except Exception:
                    log.exception("Run %s drops out of its race.", run_id)
                    del paces[run_id]
                    continue
                has_trained |= event is not None
                yield run_id, event
            if not has_trained:
                time.sleep(min((pace.wait or POLL_INTERVAL for pace in paces.values()), default=0))
    if unwritable:
        raise unwritable


def _deliver(store: RunStore, paces: Mapping[str, Pace]) -> list[str]:
    """Give each member its new commands → the members that have been deleted."""
    try:
        found = store.poll(paces.keys())
    except OperationalError:  # the store is locked: the next time will do
        return []
    for run_id, pace in paces.items():
        pace.inbox = found.get(run_id)
    return [run_id for run_id in paces if run_id not in found]


def _position(pace: Pace, is_free: bool) -> float:
    return pace.seconds if is_free else pace.samples_seen
