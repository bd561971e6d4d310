from __future__ import annotations

import numpy as np
import pytest

from nn.errors import UserError
from nn.runs.presets import PRESETS, preset
from nn.runs.spec import RunSpec


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_recorded_and_builds_a_network_that_answers(name):
    spec, about = preset(name)
    assert about.endswith(".")
    assert RunSpec.from_json(spec.to_json()) == spec
    network, _, _ = spec.build()
    probabilities = network.probabilities(np.full((1, 28, 28), 255, np.uint8))
    assert np.isfinite(probabilities).all()


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match=r"'no such'.*standard"):
        preset("no such")
