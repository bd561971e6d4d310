"""The worker: trains one run of the store, obeys its commands and records what happens.

``work`` is a generator, so that the command line can be the worker itself and show each event.
``python -m nn.runs.worker RUN`` is the process that a launcher starts; when its run has ended, it
takes the next queued run. Without RUN it is a standby worker: it loads everything and waits for a
run's id on standard input.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nn.batches import steps_per_epoch
from nn.data import sources
from nn.errors import UserError
from nn.models import checkpoint
from nn.network import Network
from nn.optimizers import Optimizer
from nn.runs import load_network
from nn.runs.spec import RunSpec
from nn.runs.store import queue, quota
from nn.runs.store.lock_retry import Locked, Unwritable, retry_while_locked
from nn.runs.store.queue import available_cores
from nn.runs.store.store import Run, RunStore, State
from nn.runs.worker.accuracy_meter import AccuracyMeter
from nn.runs.worker.control import Control
from nn.runs.worker.lease import LeaseLost
from nn.runs.worker.recorder import BEGINNING, Recorder
from nn.support.paths import log as log_file
from nn.training import Epoch, Step, TrainingState, train

CHECKPOINT_INTERVAL = 10.0  # seconds
DIVERGED_LOSS = 1e6  # a loss above this, or NaN, will not come down again
NICE = 5  # added to the worker's niceness: a lower priority

STOPPED_EARLY = "Early stopping: the validation loss has not improved for {} epochs."

log = logging.getLogger(__name__)


def work(store: RunStore, run_id: str, lease: str | None = None) -> Iterator[Step | Epoch | None]:
    """Train the run from its checkpoint, or from the start, to its end.

    Yields what nn.training.train yields, once it is recorded, and None now and then while the run
    is paused. Closing the generator stops the run. The store says how the run ended.

    lease: the token under which the run was reserved for this worker, if it was.
    Raises LeaseLost when the run is not queued, and Unwritable when nothing can be written to the
    store any more, not even how the run ended.
    """
    recorder = Recorder(store, run_id, lease)

    def fail(message: str) -> None:
        with suppress(LeaseLost):
            recorder.end(State.FAILED, message)

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
        fail("Not enough memory. Choose narrower layers or a smaller batch size.")
    except Exception:
        log.exception("Run %s failed.", run_id)
        fail("Something went wrong in the worker. See its log for details.")
        raise
    else:
        quota.enforce_quota(store)


def _work(store: RunStore, recorder: Recorder) -> Iterator[Step | Epoch | None]:
    run = store.run(recorder.run_id)
    spec = run.spec
    splits = spec.load_splits()
    network, loss, optimizer = spec.build(run.stream_version)
    progress = _restore(store, run, network, optimizer)
    per_epoch = steps_per_epoch(len(splits.train), spec.batch_size)
    steps = spec.epochs * per_epoch
    epoch, index = divmod(progress.step, per_epoch)
    samples_seen = epoch * len(splits.train) + index * spec.batch_size
    at = BEGINNING._replace(step=progress.step, samples_seen=samples_seen)
    warning = quota.enforce_quota(store)
    cores = recorder.start(spec.sizes, steps, fair_share(store), at, warning)
    images = splits.validation if len(splits.validation) else splits.train
    meter = AccuracyMeter(network, images, progress.step, steps, per_epoch)
    recorder.untrained(network.parameters, meter.measure(progress.step))
    control = Control()

    def save() -> bytes:
        return checkpoint.pack(network.parameters, optimizer, progress)

    def save_and_halt(state: State, message: str = "") -> None:
        recorder.checkpoint(save())
        if state is State.PAUSED:
            recorder.write(network.parameters)
            recorder.state(state)
        else:
            recorder.end(state, message, last=network.parameters)

    def obey_commands() -> bool:
        """→ whether the run continues."""
        for command in recorder.commands():
            if command.kind == "lr":
                optimizer.lr = command.value or optimizer.lr
                recorder.acknowledge(command, save())
                continue
            recorder.acknowledge(command)
            state = control.command(command.kind, command.value)
            if state is State.RUNNING:
                recorder.state(state)
            elif state:
                save_and_halt(state)
            if state is State.STOPPED:
                return False
        return True

    next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
    idle = 0.0  # seconds waited so far because the run was slowed down
    events = train(
        network,
        loss,
        optimizer,
        splits.train,
        **spec.training(),
        validation=splits.validation,
        test=splits.test,
        state=progress,
        stream_version=run.stream_version,
        cores=cores,
    )
    for event in events:
        if diverged(event):
            if isinstance(event, Step):
                recorder.divergence(event, DIVERGED_LOSS)
            recorder.end(State.DIVERGED, _diverged_message(event, optimizer.lr))
            return
        if isinstance(event, Step):
            accuracy = meter.measure(event.step)
            recorder.record(event, network.parameters, progress.seconds, idle, accuracy)
            pause = control.after_step(completes_epoch=not progress.step % per_epoch)
        else:
            recorder.epoch(event, save())
            next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
            pause = control.after_epoch()
        if time.monotonic() > next_checkpoint:
            recorder.checkpoint(save())
            next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
        if pause:
            save_and_halt(State.PAUSED)
        since, waited = time.monotonic(), 0.0
        shown: Step | Epoch | None = event
        while True:
            try:
                yield shown
            except GeneratorExit:
                save_and_halt(State.STOPPED)
                raise
            if not obey_commands():
                return
            waited = time.monotonic() - since
            wait = control.wait(waited)
            if not wait:
                break
            if control.may_release(waited) and recorder.release():
                return
            shown = None
            time.sleep(wait)
        if control.seconds_per_step and not control.paused:
            idle += waited
    early = progress.step < steps
    epochs = progress.epochs_without_improvement
    save_and_halt(State.FINISHED, STOPPED_EARLY.format(epochs) if early else "")


def _restore(store: RunStore, run: Run, network: Network, optimizer: Optimizer) -> TrainingState:
    """Fill network and optimizer from the run's checkpoint, or from the network that the run is
    initialized from → where to continue. Raises UserError."""
    if saved := store.checkpoint(run.id):
        return checkpoint.unpack(saved, network.parameters, optimizer, network.sizes)
    if run.spec.init_from:
        network.parameters[...] = load_network.initial_parameters(store, run.spec)
    return TrainingState()


def diverged(event: Step | Epoch) -> bool:
    """Whether a loss has grown beyond recovery, or is NaN."""
    if isinstance(event, Step):
        return not event.loss < DIVERGED_LOSS
    return not all(s.loss < DIVERGED_LOSS for s in (event.validation, event.test) if s)


def _diverged_message(event: Step | Epoch, lr: float) -> str:
    return (
        f"The loss diverged at step {event.step:,}. Start again with a learning rate well below "
        f"{lr:g}."
    )


def fair_share(store: RunStore) -> int:
    """Cores for one run: all but one, divided by the runs that have a worker.

    One core is left to the server and the browser. The processes of a step wait busily for each
    other: when another program wants one of their cores, they train slower than one alone.
    """
    with store.engine.connect() as connection:
        return max(1, (available_cores() - 1) // max(1, queue.taken_slots(connection)))


@retry_while_locked
def _take_next(store: RunStore, run_id: str | None) -> tuple[str, str] | None:
    with store.exclusive() as connection:
        return queue.take_next(connection, run_id)


def drain_queue(store: RunStore, run_id: str | None = None) -> None:
    """Train the run, if it is still queued and a slot is free, then the queued runs after it."""
    while taken := _take_next(store, run_id):
        run_id = None
        _log_to(taken[0])
        log.info("Run %s is trained by process %d.", taken[0], os.getpid())
        try:
            for _ in work(store, *taken):
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
