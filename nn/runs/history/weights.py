"""WeightHistory: one neuron's weights at moments of a run's life."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis.neurons.pre_activations import check_neuron
from nn.analysis.neurons.weight_maps import weight_maps
from nn.errors import UserError
from nn.runs.store.store import RunStore


class WeightHistory(NamedTuple):
    steps: list[int]  # of the kept frames
    samples_seen: list[int]  # digits seen by then
    pictures: NDArray[np.float32]  # (frames, 784), as weights.pictures


def weight_history(
    store: RunStore, run_id: str, layer: int, neuron: int, most: int = 12
) -> WeightHistory:
    """At ``most`` of the kept frames, evenly chosen.

    Raises UserError for no such run or neuron, and where no frame is kept yet.
    """
    run = store.run(run_id)
    check_neuron(run.spec.sizes, layer, neuron)
    frames = [
        store.snapshot(run_id, step) for step in evenly_spaced(store.snapshot_steps(run_id), most)
    ]
    if not frames:
        raise UserError(f"Run {run.name} has no frames yet: it is {run.state}.")
    shown = [
        weight_maps(f.parameters, run.spec.sizes, layer, slice(neuron, neuron + 1)) for f in frames
    ]
    return WeightHistory(
        [f.step for f in frames], [f.samples_seen for f in frames], np.concatenate(shown)
    )


def evenly_spaced(steps: list[int], most: int) -> list[int]:
    """At most so many of the ``steps``, evenly chosen, the first and the last among them."""
    chosen = np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int)
    return [steps[i] for i in chosen]
