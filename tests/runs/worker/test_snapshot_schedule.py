"""Which steps of a run keep a snapshot or a curve point, and how snapshots are rounded."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from nn.runs.worker import snapshot_schedule


@given(st.integers(1, 10**7), st.integers(7, 16_000_000))
@example(steps=1000, parameters=16_000_000)
def test_snapshots_include_the_first_and_last_step_and_stay_within_the_limits(steps, parameters):
    found = snapshot_schedule.snapshot_steps(steps, parameters)
    assert min(found) == 0 and max(found) == steps
    assert len(found) < snapshot_schedule.MAX_SNAPSHOTS  # room for the step of a stopped run
    assert (len(found) + 1) * 2 * parameters <= snapshot_schedule.MAX_SNAPSHOT_BYTES or len(
        found
    ) == 2


def test_each_power_of_ten_of_steps_keeps_equally_many_snapshots():
    found = snapshot_schedule.snapshot_steps(10**6, 7850)
    counts = [sum(low < step <= 10 * low for step in found) for low in (100, 1000, 10**4, 10**5)]
    assert max(counts) - min(counts) <= 1
    assert min(counts) >= 35  # 240 snapshots over six powers of ten


@given(st.integers(1, 10**7))
def test_the_curve_has_a_first_and_last_point_and_no_wide_gap(steps):
    points = sorted(snapshot_schedule.curve_steps(steps))
    assert points[0] == 1 and points[-1] == steps
    assert len(points) <= 1.1 * snapshot_schedule.CURVE_POINTS
    assert all(
        b - a <= steps / (snapshot_schedule.CURVE_POINTS - 1) + 1 for a, b in pairwise(points)
    )


def test_weights_beyond_float16_are_clipped_and_the_input_is_unchanged():
    weights = np.array([1e9, -1e9, 65504, 0.5], np.float32)
    np.testing.assert_array_equal(
        snapshot_schedule.to_float16(weights), np.float16([65504, -65504, 65504, 0.5])
    )
    assert weights[0] == np.float32(1e9)


def test_conversion_to_float16_rounds_like_numpy():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = np.sort(every[np.isfinite(every)].astype(np.float32))
    rng = np.random.default_rng(0)
    drawn = (rng.standard_normal(10**5) * 10.0 ** rng.integers(-4, 4, 10**5)).astype(np.float32)
    between = (every[1:] + every[:-1]) / 2  # ties
    for values in (every, between, np.nextafter(every, 0), drawn.clip(-65504, 65504)):
        ours, numpys = snapshot_schedule.to_float16(values), values.astype(np.float16)
        normal = np.abs(values) >= np.finfo(np.float16).smallest_normal
        np.testing.assert_array_equal(ours[normal], numpys[normal])
        np.testing.assert_allclose(ours, numpys, rtol=0, atol=2.0**-24)  # the smallest step
    assert not snapshot_schedule.to_float16(np.array([1e-9, -1e-9, 0], np.float32)).any()
