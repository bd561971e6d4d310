"""From a recorded run to a network that reads."""

from __future__ import annotations

from nn import checkpoint
from nn.errors import UserError
from nn.network import Network
from nn.runs.store import Run, RunStore, State


def load(store: RunStore, text: str) -> tuple[Run, Network]:
    """``RUN`` (id, unique beginning or name) as of its checkpoint, ``RUN@STEP`` at a kept frame.

    Raises UserError when there is no such run or nothing of it to load.
    """
    name, at, step = text.partition("@")
    run = store.find(name)
    if not at:
        return run, trained(store, run)
    if not (step.isdecimal() and len(step) < 16):
        raise UserError(f"After @ comes the step of a kept frame; got {step!r}.")
    network = run.spec.network()
    network.parameters[...] = store.frame(run.id, int(step)).parameters
    return run, network


def trained(store: RunStore, run: Run) -> Network:
    """The network of the run's checkpoint. Raises UserError when it has none yet."""
    data = store.checkpoint(run.id)
    if data is None:
        raise UserError(f"Run {run.name} has no checkpoint yet: it is {run.state}.")
    network, _, optimiser = run.spec.build()
    checkpoint.unpack(data, network.parameters, optimiser)
    return network


def latest_finished(store: RunStore) -> Run | None:
    """The run that reached its end last."""
    finished = [run for run in store.runs() if run.state is State.FINISHED]
    return max(finished, key=lambda run: run.heartbeat, default=None)


def best_finished(store: RunStore) -> Run | None:
    """The finished run that reads most of its test set; the newest of equals."""
    finished = [run for run in store.runs() if run.state is State.FINISHED]
    # A test set of MNIST's is harder than one of strokes: the two accuracies do not compare.
    return max(
        finished,
        key=lambda run: (run.spec.data == "mnist", run.test_accuracy or 0.0),
        default=None,
    )
