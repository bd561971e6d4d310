"""How one neuron's weights changed over the snapshots of a run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import check_neuron
from nn.analysis.neurons.weight_maps import weight_maps
from nn.errors import UserError
from nn.runs.store.store import RunStore


class WeightHistory(NamedTuple):
    steps: list[int]  # of the snapshots
    samples_seen: list[int]  # images seen by then
    images: NDArray[np.float32]  # (snapshots, 784), see weight_maps


def weight_history(
    store: RunStore, run_id: str, layer: int, neuron: int, count: int = 12
) -> WeightHistory:
    """At up to ``count`` of its snapshots, evenly spaced.

    layer: 0 for the first; neuron: its index. Raises UserError when there is no such run or neuron,
    or no snapshot yet.
    """
    run = store.run(run_id)
    check_neuron(run.spec.sizes, layer, neuron)
    snapshots = [
        store.snapshot(run_id, step) for step in evenly_spaced(store.snapshot_steps(run_id), count)
    ]
    if not snapshots:
        raise UserError(f"Run {run.name} has no snapshot yet: it is {run.state}.")
    shown = [
        weight_maps(f.parameters, run.spec.sizes, layer, slice(neuron, neuron + 1))
        for f in snapshots
    ]
    return WeightHistory(
        [f.step for f in snapshots], [f.samples_seen for f in snapshots], np.concatenate(shown)
    )


def evenly_spaced(steps: list[int], count: int) -> list[int]:
    """Up to ``count`` of the ``steps``, evenly spaced; the first and last are included."""
    chosen = np.linspace(0, len(steps) - 1, min(count, len(steps))).round().astype(int)
    return [steps[i] for i in chosen]
