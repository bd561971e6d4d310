"""The worker: trains one run of the store, obeys its commands, records what happens.

``work`` is a generator, so that the command line can be the worker itself and show each event;
``python -m nn.runs.worker RUN`` is the process that a launcher starts.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator

from threadpoolctl import threadpool_limits

from nn import checkpoint
from nn.digits import sources
from nn.errors import UserError
from nn.runs.recorder import BEGINNING, LeaseLost, Recorder
from nn.runs.store import RunStore, State
from nn.schedules import SCHEDULES
from nn.training import Epoch, Position, Step, steps_per_epoch, train

CHECKPOINT_INTERVAL = 10.0  # seconds
HOPELESS = 1e6  # a loss above this, or none that is a number, will not come down again
PAUSE_INTERVAL = 0.02  # seconds between two looks for commands while paused

STOPPED_EARLY = (
    "It ended early: the validation loss has not fallen for {} epochs, so more would not help."
)

log = logging.getLogger(__name__)


def work(store: RunStore, run_id: str) -> Iterator[Step | Epoch | None]:
    """Train the run from its checkpoint, or from the start, to its end.

    Yields what nn.training.train yields, after it was recorded, and None now and then while the
    run is paused. Closing the generator stops the run. How it ended stands in the store.
    Raises LeaseLost when another worker has the run.
    """
    recorder = Recorder(store, run_id)
    try:
        with recorder.beating():
            yield from _work(store, recorder)
    except UserError as error:
        recorder.end(State.FAILED, str(error))
    except LeaseLost:
        log.warning("Run %s was deleted or taken over by another worker.", run_id)
    except Exception:
        log.exception("Run %s failed.", run_id)
        recorder.end(State.FAILED, "Something went wrong in the worker; its log has the details.")
        raise


def _work(store: RunStore, recorder: Recorder) -> Iterator[Step | Epoch | None]:
    run = store.run(recorder.run_id)
    spec = run.spec
    splits = sources.load(spec.data, spec.validation, spec.seed)
    network, loss, optimiser = spec.build()
    position = Position()
    saved = store.checkpoint(run.id)
    if saved:
        position = checkpoint.unpack(saved, network.parameters, optimiser)
    count, per_epoch = len(splits.train), steps_per_epoch(len(splits.train), spec.batch)
    steps = spec.epochs * per_epoch
    epoch, index = divmod(position.step, per_epoch)
    samples = epoch * count + index * spec.batch
    at = BEGINNING._replace(step=position.step, samples=samples)
    threads = recorder.start(spec.sizes, steps, fair_share(store), at)
    recorder.untrained(network.parameters)

    def save() -> bytes:
        return checkpoint.pack(network.parameters, optimiser, position)

    def rest(state: State, sentence: str = "") -> None:
        recorder.checkpoint(save())
        if state is State.PAUSED:
            recorder.write(network.parameters)
            recorder.state(state)
        else:
            recorder.end(state, sentence, last=network.parameters)

    with threadpool_limits(threads, "blas"):
        next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
        events = train(
            network,
            loss,
            optimiser,
            splits.train,
            epochs=spec.epochs,
            batch=spec.batch,
            seed=spec.seed,
            schedule=SCHEDULES[spec.schedule],
            augmentation=spec.augmentation,
            clip_norm=spec.clip_norm,
            patience=spec.patience,
            validation=splits.validation,
            test=splits.test,
            position=position,
        )
        for event in events:
            if isinstance(event, Step):
                if not event.loss < HOPELESS:
                    recorder.end(State.DIVERGED, diverged(event, optimiser.lr))
                    return
                recorder.record(event, network.parameters, position.seconds)
            else:
                scores = [score for score in (event.validation, event.test) if score]
                if not all(score.loss < HOPELESS for score in scores):
                    recorder.end(State.DIVERGED, diverged(event, optimiser.lr))
                    return
                recorder.epoch(event, save())
                next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
            if time.monotonic() > next_checkpoint:
                recorder.checkpoint(save())
                next_checkpoint = time.monotonic() + CHECKPOINT_INTERVAL
            now: Step | Epoch | None = event
            while True:
                try:
                    yield now
                except GeneratorExit:
                    rest(State.STOPPED)
                    raise
                for command in recorder.commands():
                    recorder.acknowledge(command)
                    if command.kind == "stop":
                        rest(State.STOPPED)
                        return
                    if command.kind == "pause" and now is not None:
                        rest(State.PAUSED)
                        now = None
                    elif command.kind == "resume" and now is None:
                        recorder.state(State.RUNNING)
                        now = event
                if now is not None:
                    break
                time.sleep(PAUSE_INTERVAL)
        early = position.step < steps
        rest(State.FINISHED, STOPPED_EARLY.format(position.stale_epochs) if early else "")


def diverged(event: Step | Epoch, lr: float) -> str:
    return (
        f"The loss grew beyond all bounds at step {event.step:,}. Start again with a learning rate "
        f"well below {lr:g}."
    )


def fair_share(store: RunStore) -> int:
    """BLAS threads for one more run: all cores but one, divided by the runs under way.

    The one is for server and browser. BLAS threads wait for each other busily: where anything else
    wants their core, a thread on every core trains several times slower, not faster.
    """
    under_way = sum(run.state in (State.RUNNING, State.PAUSED) for run in store.runs())
    return max(1, (available_cores() - 1) // (under_way + 1))


def available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    logging.basicConfig(format="%(asctime)s %(message)s")
    if hasattr(os, "nice"):
        os.nice(10)  # the page must come first
    try:
        for _ in work(RunStore(), sys.argv[1]):
            pass
    except LeaseLost:
        log.warning("Run %s already has a worker.", sys.argv[1])


if __name__ == "__main__":
    main()
