"""From a recorded run, or an exported file, to a network that reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from nn.errors import UserError
from nn.layers import OUTPUTS, Array
from nn.models import checkpoint, pretrained, weights_file
from nn.network import Network
from nn.runs.spec import PRETRAINED, RunSpec
from nn.runs.store.store import Run, RunStore, State


class Model(NamedTuple):
    network: Network
    run: Run | None  # None: it comes from a file
    step: int | None  # after which it was like that; None: it comes from a file


def find_model(text: str) -> Model:
    """MODEL as people write it: an exported file, or a run as ``load`` takes it.

    Raises UserError when it is neither.
    """
    path = Path(text)
    if path.suffix.lower() in weights_file.KINDS:
        network, _ = weights_file.read(path)
        return Model(network, None, None)
    return load(RunStore(), text)


def load(store: RunStore, text: str) -> Model:
    """``RUN`` (id, unique beginning or name) as of its checkpoint, ``RUN@STEP`` at a kept frame.

    Raises UserError when there is no such run or nothing of it to load.
    """
    name, at, step = text.partition("@")
    run = store.find(name)
    if not at:
        return _checkpoint(store, run)
    frame = store.snapshot(run.id, parse_step(step))
    network = run.spec.network()
    network.parameters[...] = frame.parameters
    return Model(network, run, frame.step)


def parse_step(text: str) -> int:
    """What stands after the @ of ``RUN@STEP``. Raises UserError for what is no number."""
    if not (text.isdecimal() and len(text) < 16):
        raise UserError(f"After @ comes the step of a kept frame; got {text!r}.")
    return int(text)


def checkpoint_network(store: RunStore, run: Run) -> Network:
    """The network of the run's checkpoint. Raises UserError when it has none yet."""
    return _checkpoint(store, run).network


def _checkpoint(store: RunStore, run: Run) -> Model:
    data = store.checkpoint(run.id)
    if data is None:
        raise UserError(f"Run {run.name} has no checkpoint yet: it is {run.state}.")
    network, _, optimizer = run.spec.build()
    position = checkpoint.unpack(data, network.parameters, optimizer)
    return Model(network, run, position.step)


def init_from_fields(store: RunStore, start: str) -> tuple[Network, dict[str, Any]]:
    """A network to go on from, and the fields of a RunSpec that does.

    start: ``pretrained``, or a run as ``load`` takes it. Raises UserError as ``load``.
    """
    shipped = start == PRETRAINED
    network, run, step = Model(pretrained.network(), None, None) if shipped else load(store, start)
    output = next(name for name, kind in OUTPUTS.items() if type(network.output) is kind)
    return network, {
        "init_from": f"{run.id}@{step}" if run else start,
        "hidden": network.sizes[1:-1],
        "activation": network.activation,
        "output": output,
    }


def initial_parameters(store: RunStore, spec: RunSpec) -> Array:
    """The parameters that a run begins with which goes on from another network.

    Raises UserError when that one cannot be had, or is not built as the spec says.
    """
    try:
        network, fields = init_from_fields(store, spec.init_from)
    except UserError as error:
        raise UserError(f"The network to go on from cannot be had. {error}") from None
    for field in "hidden", "activation", "output":
        if getattr(spec, field) != fields[field]:
            raise UserError(
                f"{field} must be {fields[field]!r}, as in {spec.init_from}, from which it goes "
                f"on; got {getattr(spec, field)!r}."
            )
    return network.parameters


def latest_finished(store: RunStore) -> Run | None:
    """The run that reached its end last."""
    finished = [run for run in store.runs() if run.state is State.FINISHED]
    return max(finished, key=lambda run: run.heartbeat, default=None)
