"""Weight history: a neuron's weights at snapshots from the first to the last."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.weight_maps import weight_maps
from nn.errors import UserError
from nn.runs.history.weights import evenly_spaced, weight_history
from nn.runs.spec import RunSpec


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("max_snapshots", [1, 2, 5, 1000])
def test_the_weight_history_of_a_neuron_shows_its_snapshots(recorded, layer, max_snapshots):
    store, run = recorded
    kept = store.snapshot_steps(run.id)
    found = weight_history(store, run.id, layer, 5, max_snapshots)
    assert found.steps == evenly_spaced(kept, max_snapshots)
    for step, samples_seen, shown in zip(*found, strict=True):
        snapshot = store.snapshot(run.id, step)
        assert samples_seen == snapshot.samples_seen
        slow = weight_maps(snapshot.parameters, run.spec.sizes, layer)[5]
        np.testing.assert_allclose(shown, slow, atol=1e-6)


def test_evenly_spaced_steps_include_both_ends_and_all_steps_if_there_are_few():
    steps = list(range(0, 200, 2))
    for max_snapshots in range(2, 120):
        chosen = evenly_spaced(steps, max_snapshots)
        assert len(chosen) == min(max_snapshots, 100) == len(set(chosen))
        assert (chosen[0], chosen[-1]) == (0, 198)
        assert np.ptp(np.diff(chosen)) <= 2
    assert evenly_spaced([], 5) == []


def test_a_missing_neuron_layer_or_snapshot_raises_a_user_error(recorded):
    store, run = recorded
    with pytest.raises(UserError, match="0 to 5; got 6"):
        weight_history(store, run.id, 0, 6)
    with pytest.raises(UserError, match="layers 0 to 1"):
        weight_history(store, run.id, 2, 0)
    waiting = store.create(RunSpec(hidden=(3,)), "waits")
    with pytest.raises(UserError, match="waits has no snapshot yet: it is queued"):
        weight_history(store, waiting.id, 0, 0)
    store.delete(waiting.id)
