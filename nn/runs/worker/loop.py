"""The worker: trains one run of the store, obeys its commands, records what happens.

``work`` is a generator, so that the command line can be the worker itself and show each event.
``python -m nn.runs.worker RUN`` is the process that a launcher starts: when its run has ended, it
takes the next one that waits. Without RUN it gets ready and hears it on standard input.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from threadpoolctl import threadpool_limits

from nn.data import sources
from nn.errors import UserError
from nn.models import checkpoint
from nn.runs.spec import RunSpec
from nn.runs.store import queue, quota
from nn.runs.store.lock_retry import Locked, Unwritable, retry_while_locked
from nn.runs.store.queue import available_cores
from nn.runs.store.store import RunStore, State
from nn.runs.worker.recorder import BEGINNING, LeaseLost, Recorder
from nn.support.paths import log as log_file
from nn.training import Epoch, Position, Step, steps_per_epoch, train

CHECKPOINT_INTERVAL = 10.0  # seconds
DIVERGED_LOSS = 1e6  # a loss above this, or none that is a number, will not come down again
NICE = 5
PAUSE_INTERVAL = 0.02  # seconds between two looks for commands while paused
PAUSE_SECONDS = 60.0  # a run that is paused for so long gives up its slot

STOPPED_EARLY = (
    "It ended early: the validation loss has not fallen for {} epochs, so more would not help."
)

log = logging.getLogger(__name__)


def work(store: RunStore, run_id: str, lease: str | None = None) -> Iterator[Step | Epoch | None]:
    """Train the run from its checkpoint, or from the start, to its end.

    Yields what nn.training.train yields, after it was recorded, and None now and then while the
    run is paused. Closing the generator stops the run. How it ended stands in the store.
    Raises LeaseLost when another worker has the run (which may have been taken with ``lease``),
    Unwritable when the store takes no more, not even how the run ended.
    """
    recorder = Recorder(store, run_id, lease)

    def fail(sentence: str) -> None:
        with suppress(LeaseLost):
            recorder.end(State.FAILED, sentence)

    try:
        with recorder.heartbeat():
            yield from _work(store, recorder)
    except LeaseLost:
        log.warning("Run %s was deleted or taken over by another worker.", run_id)
    except Locked as error:
        fail(str(error))
    except Unwritable:
        raise
    except UserError as error:
        fail(str(error))
    except MemoryError:
        fail("There was not enough memory for it. Choose narrower layers or a smaller batch.")
    except Exception:
        log.exception("Run %s failed.", run_id)
        fail("Something went wrong in the worker; its log has the details.")
        raise
    else:
        quota.enforce_quota(store)


def _work(store: RunStore, recorder: Recorder) -> Iterator[Step | Epoch | None]:
    run = store.run(recorder.run_id)
    spec = run.spec
    splits = sources.load(spec.dataset, spec.validation_size, spec.seed, spec.extra_data)
    network, loss, optimizer = spec.build()
    position = Position()
    saved = store.checkpoint(run.id)
    if saved:
        position = checkpoint.unpack(saved, network.parameters, optimizer)
    elif spec.init_from:
        from nn.runs import load_network

        network.parameters[...] = load_network.initial_parameters(store, spec)
    count, per_epoch = len(splits.train), steps_per_epoch(len(splits.train), spec.batch_size)
    steps = spec.epochs * per_epoch
    epoch, index = divmod(position.step, per_epoch)
    samples_seen = epoch * count + index * spec.batch_size
    at = BEGINNING._replace(step=position.step, samples_seen=samples_seen)
    too_large = quota.enforce_quota(store)
    threads = recorder.start(spec.sizes, steps, fair_share(store), at, too_large)
    recorder.untrained(network.parameters)

    def save() -> bytes:
        return checkpoint.pack(network.parameters, optimizer, position)

    def rest(state: State, sentence: str = "") -> None:
        recorder.checkpoint(save())
        if state is State.PAUSED:
            recorder.write(network.parameters)
            recorder.state(state)
        else:
            recorder.end(state, sentence, last=network.parameters)

    with threadpool_limits(threads, "blas"):
        next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
        left = math.inf  # batches to go before it pauses; 0: it is paused
        pace = 0.0  # seconds that a batch takes at least
        idle = 0.0  # seconds waited for that, so far
        events = train(
            network,
            loss,
            optimizer,
            splits.train,
            **spec.training(),
            validation=splits.validation,
            test=splits.test,
            position=position,
        )
        for event in events:
            if isinstance(event, Step):
                if not event.loss < DIVERGED_LOSS:
                    recorder.end(State.DIVERGED, diverged(event, optimizer.lr))
                    return
                recorder.record(event, network.parameters, position.seconds, idle)
            else:
                scores = [score for score in (event.validation, event.test) if score]
                if not all(score.loss < DIVERGED_LOSS for score in scores):
                    recorder.end(State.DIVERGED, diverged(event, optimizer.lr))
                    return
                recorder.epoch(event, save())
                next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
            if time.monotonic() > next_checkpoint:
                recorder.checkpoint(save())
                next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
            ends_epoch = False  # after which the Epoch comes, with its scores: pause after that
            if isinstance(event, Step):
                left -= 1
                ends_epoch = not position.step % per_epoch
            if not left and not ends_epoch:
                rest(State.PAUSED)
            since = time.monotonic()
            now: Step | Epoch | None = event
            while True:
                try:
                    yield now
                except GeneratorExit:
                    rest(State.STOPPED)
                    raise
                for command in recorder.commands():
                    if command.kind == "lr":
                        optimizer.lr = command.value or optimizer.lr
                        recorder.acknowledge(command, save())
                        continue
                    recorder.acknowledge(command)
                    if command.kind == "stop":
                        rest(State.STOPPED)
                        return
                    if command.kind == "pause" and left:
                        left = 0
                        rest(State.PAUSED)
                    elif command.kind == "resume" and left < math.inf:
                        left = math.inf
                        recorder.state(State.RUNNING)
                    elif command.kind == "step" and not left:
                        left = command.value or 0
                    elif command.kind == "speed":
                        pace = 1 / command.value if command.value else 0.0
                stood = time.monotonic() - since
                wait = pace - stood if left else PAUSE_INTERVAL
                if wait <= 0 or (left and isinstance(event, Epoch)) or (not left and ends_epoch):
                    break
                if not left and stood > PAUSE_SECONDS and recorder.release():
                    return
                now = None
                time.sleep(min(wait, PAUSE_INTERVAL))
            if pace and left:
                idle += stood
        early = position.step < steps
        rest(State.FINISHED, STOPPED_EARLY.format(position.stale_epochs) if early else "")


def diverged(event: Step | Epoch, lr: float) -> str:
    return (
        f"The loss grew beyond all bounds at step {event.step:,}. Start again with a learning rate "
        f"well below {lr:g}."
    )


def fair_share(store: RunStore) -> int:
    """BLAS threads for one of the runs that have a worker: all cores but one, divided by them.

    The one is for server and browser. BLAS threads wait for each other busily: where anything else
    wants their core, a thread on every core trains several times slower, not faster.
    """
    with store.engine.connect() as connection:
        return max(1, (available_cores() - 1) // max(1, queue.taken_slots(connection)))


@retry_while_locked
def _take_next(store: RunStore, run_id: str | None) -> tuple[str, str] | None:
    with store.exclusive() as connection:
        return queue.take_next(connection, run_id)


def drain_queue(store: RunStore, run_id: str | None = None) -> None:
    """Train the run, if it still waits and a slot is free, then those that wait after it."""
    while taken := _take_next(store, run_id):
        run_id = None
        _log_to(taken[0])
        log.info("Run %s is trained by process %d.", taken[0], os.getpid())
        try:
            for _ in work(store, *taken):
                pass
        except Unwritable:
            raise
        except Exception:  # it has been said and recorded, and is no fault of the next run
            pass


def _log_to(run_id: str) -> None:
    """What the process prints from here on goes to the run's log."""
    with open(log_file(run_id), "ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


def _warm_up() -> None:
    """Take one step of a run of the usual kind that nobody sees: from then on everything is
    loaded and mapped that the first step of a real one needs."""
    store = RunStore("sqlite://")
    events = work(store, store.create(RunSpec(dataset=sources.default())).id)
    next(events, None)
    events.close()  # type: ignore[attr-defined]


def _lower_priority() -> None:
    """Leave the processor to the page when both want it."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    # Linux with autogroups weighs sessions against each other, and this process is one of its own,
    # within which alone niceness counts (man 7 sched).
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


def main() -> None:
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    _lower_priority()
    if len(sys.argv) > 1:
        run_id = sys.argv[1]
    else:
        _warm_up()
        run_id = sys.stdin.readline().strip()  # nothing when the server is gone
    try:
        if run_id:
            drain_queue(RunStore(), run_id)
    except UserError as error:
        log.error("%s", error)
        sys.exit(1)
