from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn.errors import UserError
from nn.runs.presets import PRESETS, nearest, preset
from nn.runs.spec import RunSpec


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_round_trips_through_json_and_builds_a_network_that_predicts(name):
    title, spec, description = preset(name)
    assert title[0].isupper() and description.endswith(".")
    assert RunSpec.from_json(spec.to_json()) == spec
    network, _, _ = spec.build()
    probabilities = network.probabilities(np.full((1, 28, 28), 255, np.uint8))
    assert np.isfinite(probabilities).all()


def test_an_unknown_preset_is_rejected_with_a_list_of_the_known_ones():
    with pytest.raises(UserError, match=r"'no such'.*standard"):
        preset("no such")


@pytest.mark.parametrize("name", PRESETS)
def test_a_changed_preset_is_still_nearest_to_itself(name):
    assert nearest(PRESETS[name].spec) is PRESETS[name]
    assert nearest(replace(PRESETS[name].spec, seed=9)) is PRESETS[name]
