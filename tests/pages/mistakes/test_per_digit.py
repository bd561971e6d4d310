"""The axis of the accuracy curves."""

from __future__ import annotations

import pytest

from pages.mistakes import per_digit


@pytest.mark.parametrize(
    "samples_seen", [[0], [64], [0, 64], [0, 64, 6400], [64, 128, 10**6], [0, 1, 2, 3]]
)
def test_snapshots_are_placed_in_order_from_end_to_end(samples_seen):
    positions = per_digit.positions(samples_seen)
    assert len(positions) == len(samples_seen) and positions == sorted(positions)
    assert positions[-1] == 1
    assert positions[0] == (0 if len(samples_seen) > 1 else 1)
