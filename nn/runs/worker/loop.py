"""The worker: trains one run of the store, obeys its commands and records what happens.

``work`` is a generator, so that the command line can be the worker itself and show each event, and
that one process can train several runs by turns (nn.runs.worker.race).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress

from nn.batches import steps_per_epoch
from nn.errors import UserError
from nn.models import checkpoint
from nn.network import Network
from nn.optimizers import Optimizer
from nn.runs import load_network
from nn.runs.store import queue, quota
from nn.runs.store.lock_retry import Locked, Unwritable, retry_while_locked
from nn.runs.store.queue import available_cores
from nn.runs.store.run import check_settings
from nn.runs.store.store import Command, Run, RunStore, State
from nn.runs.worker.accuracy_meter import AccuracyMeter
from nn.runs.worker.control import Control, Pace
from nn.runs.worker.lease import LeaseLost
from nn.runs.worker.recorder import BEGINNING, Recorder
from nn.training import Epoch, Step, TrainingState, train

CHECKPOINT_INTERVAL = 10.0  # seconds
DIVERGED_LOSS = 1e6  # a loss above this, or NaN, will not come down again

STOPPED_EARLY = "Early stopping: the validation loss has not improved for {} epochs."

log = logging.getLogger(__name__)


def work(
    store: RunStore,
    run_id: str,
    lease: str | None = None,
    pace: Pace | None = None,
    cores: int | None = None,
) -> Iterator[Step | Epoch | None]:
    """Train the run from its checkpoint, or from the start, to its end.

    Yields what nn.training.train yields, once it is recorded, and None now and then while the run
    is paused. Closing the generator stops the run. The store says how the run ended.

    lease: the token under which the run was reserved for this worker, if it was; pace: of a member
    of a race; cores: for a first start, its fair share of this computer's if None.
    Raises LeaseLost when the run is not queued, and Unwritable when nothing can be written to the
    store any more, not even how the run ended.
    """
    recorder = Recorder(store, run_id, lease, pace.members if pace else 1)

    def fail(message: str) -> None:
        with suppress(LeaseLost):
            recorder.end(State.FAILED, message)

    try:
        with recorder.heartbeat():
            yield from _work(store, recorder, pace, cores)
    except LeaseLost:
        log.warning("Run %s was deleted or taken over by another worker.", run_id)
    except Locked as error:
        fail(str(error))
    except Unwritable as error:
        with suppress(LeaseLost):
            recorder.stop_on_full_disk(str(error))
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


def _work(
    store: RunStore, recorder: Recorder, pace: Pace | None, cores: int | None
) -> Iterator[Step | Epoch | None]:
    run = retry_while_locked(store.run)(recorder.run_id)
    check_settings(run)
    spec = run.spec
    splits = spec.load_splits()
    network, loss, optimizer = spec.build(run.stream_version)
    progress = retry_while_locked(_restore)(store, run, network, optimizer)
    per_epoch = steps_per_epoch(len(splits.train), spec.batch_size)
    steps = spec.epochs * per_epoch
    epoch, index = divmod(progress.step, per_epoch)
    samples_seen = epoch * len(splits.train) + index * spec.batch_size
    at = BEGINNING._replace(step=progress.step, samples_seen=samples_seen)
    warning = quota.enforce_quota(store)
    cores = recorder.start(spec.sizes, steps, cores or fair_share(store), at, warning)
    images = splits.validation if len(splits.validation) else splits.train
    meter = AccuracyMeter(network, images, progress.step, steps, per_epoch)
    recorder.untrained(network.parameters, meter.measure(progress.step))
    control = Control()
    if pace:
        pace.samples_seen, pace.seconds = samples_seen, progress.seconds

    def save() -> bytes:
        return checkpoint.pack(network.parameters, optimizer, progress)

    def save_and_halt(state: State, message: str = "") -> None:
        recorder.checkpoint(save())
        if state is State.PAUSED:
            recorder.write(network.parameters)
            recorder.state(state)
        else:
            recorder.end(state, message, last=network.parameters)

    def new_commands() -> list[Command]:
        if not pace:
            return recorder.commands()
        inbox, pace.inbox = pace.inbox, None
        return recorder.take(inbox) if inbox else []

    def obey_commands() -> bool:
        """→ whether the run continues."""
        for command in new_commands():
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
        if pace:
            pace.samples_seen, pace.seconds = event.samples_seen, progress.seconds
        since, waited = time.monotonic(), 0.0
        shown: Step | Epoch | None = event
        while True:
            try:
                before = time.thread_time() if pace else 0.0
                yield shown
                if pace:  # the other members have trained meanwhile
                    meter.exclude(time.thread_time() - before)
            except GeneratorExit:
                save_and_halt(State.STOPPED)
                raise
            if not obey_commands():
                return
            waited = time.monotonic() - since
            wait = control.wait(waited)
            is_held = pace is not None and pace.held and not control.scores_follow
            if not wait and not is_held:
                break
            if control.may_release(waited) and recorder.release():
                return
            shown = None
            if pace:
                pace.wait = wait
            else:
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


@retry_while_locked
def fair_share(store: RunStore) -> int:
    """Cores for one run: all but one, divided by the runs that have a worker on this host.

    One core is left to the server and the browser. The processes of a step wait busily for each
    other: when another program wants one of their cores, they train slower than one alone.
    """
    with store.engine.connect() as connection:
        return max(1, (available_cores() - 1) // max(1, queue.taken_slots(connection)))
