"""Networks of recorded runs and exported files, and what a new run takes over from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from nn.errors import UserError
from nn.layers import OUTPUTS, Array
from nn.models import checkpoint, pretrained, weights_file
from nn.models.rejection import RejectionRule
from nn.network import Network
from nn.runs.spec import PRETRAINED, RunSpec
from nn.runs.store.store import Run, RunStore, State


class Model(NamedTuple):
    network: Network
    run: Run | None  # None: from a file, or the pretrained model
    step: int | None  # of the checkpoint or snapshot; None as above


def find_model(text: str) -> Model:
    """MODEL as typed on the command line: an exported file, or a run as ``load`` takes it.

    Raises UserError when it is neither.
    """
    path = Path(text)
    if path.suffix.lower() in weights_file.FORMATS:
        network, _ = weights_file.read(path)
        return Model(network, None, None)
    return load(RunStore(), text)


def load(store: RunStore, text: str) -> Model:
    """``RUN`` (an id, the beginning of one, or a name) at its checkpoint; ``RUN@STEP`` at the
    snapshot of that step.

    Raises UserError when there is no such run, checkpoint or snapshot.
    """
    name, at, step = text.partition("@")
    run = store.find(name)
    if not at:
        return _checkpoint(store, run)
    number = parse_step(step)
    return Model(network_at(store, run.id, number), run, number)


def network_at(store: RunStore, run_id: str, step: int | None = None) -> Network:
    """The network of a run at the snapshot of ``step``; None: at its newest snapshot.

    Raises UserError when there is no such run or snapshot.
    """
    run = store.run(run_id)
    snapshot = store.newest_snapshot(run_id) if step is None else store.snapshot(run_id, step)
    if not snapshot:
        raise UserError(f"Run {run.name} has no snapshot yet: it is {run.state}.")
    return network_of(run.spec, snapshot.parameters)


def network_of(spec: RunSpec, parameters: Array) -> Network:
    """The network of a run with the parameters of one of its snapshots."""
    network = spec.network()
    network.parameters[...] = parameters
    return network


def parse_step(text: str) -> int:
    """The step of ``RUN@STEP``. Raises UserError for a text that is no number."""
    if not (text.isdecimal() and len(text) < 16):
        raise UserError(f"After @, expected the step of a snapshot, a whole number; got {text!r}.")
    return int(text)


def checkpoint_network(store: RunStore, run: Run) -> Network:
    """The network of the run's checkpoint. Raises UserError when it has none yet."""
    return _checkpoint(store, run).network


def _checkpoint(store: RunStore, run: Run) -> Model:
    data = store.checkpoint(run.id)
    if data is None:
        raise UserError(f"Run {run.name} has no checkpoint yet: it is {run.state}.")
    network, _, optimizer = run.spec.build()
    state = checkpoint.unpack(data, network.parameters, optimizer, network.sizes)
    return Model(network, run, state.step)


def init_from_fields(store: RunStore, init_from: str) -> tuple[Network, dict[str, Any]]:
    """A network to initialize a run from, and the fields of a RunSpec that fit it.

    init_from: ``pretrained``, or a run as ``load`` takes it. Raises UserError as ``load``.
    """
    if init_from == PRETRAINED:
        network, run, step = Model(pretrained.network(), None, None)
    else:
        network, run, step = load(store, init_from)
    output = next(name for name, kind in OUTPUTS.items() if type(network.output) is kind)
    return network, {
        "init_from": f"{run.id}@{step}" if run else init_from,
        "hidden": network.sizes[1:-1],
        "activation": network.activation,
        "output": output,
    }


def initial_parameters(store: RunStore, spec: RunSpec) -> Array:
    """The parameters that a run starts with when ``spec.init_from`` names a network.

    Raises UserError when that network is missing, or its architecture differs from the spec.
    """
    if spec.init_from == PRETRAINED and spec.sizes != pretrained.network().sizes:
        former = pretrained.former_network()
        if (spec.sizes, spec.activation) == (former.sizes, former.activation):
            return former.parameters
    try:
        network, fields = init_from_fields(store, spec.init_from)
    except UserError as error:
        raise UserError(f"The network to initialize from is missing. {error}") from None
    for field in "hidden", "activation", "output":
        if getattr(spec, field) != fields[field]:
            raise UserError(
                f"{field} must be {fields[field]!r}, as in {spec.init_from}, which the run is "
                f"initialized from; got {getattr(spec, field)!r}."
            )
    return network.parameters


def rejection_rule(store: RunStore, run: Run) -> RejectionRule | None:
    """The pretrained model's rule when the run was fine-tuned from it, directly or through other
    runs; None: its network rejects nothing.

    None too when a run in between has been deleted, and when the run was fine-tuned from the
    pretrained model of an earlier version, to which the rule does not belong.
    """
    while run.spec.init_from not in ("", PRETRAINED):
        try:
            run = store.run(run.spec.init_from.partition("@")[0])
        except UserError:
            return None
    if run.spec.init_from != PRETRAINED or run.spec.sizes != pretrained.network().sizes:
        return None
    return pretrained.rejection_rule()


def latest_finished(store: RunStore) -> Run | None:
    """The run that finished last."""
    finished = [run for run in store.runs() if run.state is State.FINISHED]
    return max(finished, key=lambda run: run.heartbeat, default=None)
