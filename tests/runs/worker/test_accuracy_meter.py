"""The meter measures rightly, early and often enough, and within its share of the CPU time."""

from __future__ import annotations

from itertools import pairwise
from math import log

import pytest

from nn.metrics import Sample, evaluate
from nn.runs.worker import accuracy_meter, snapshot_schedule
from nn.runs.worker.accuracy_meter import ALWAYS, IMAGES, SHARE, AccuracyMeter


class Machine:
    """A processor whose steps and measurements take the CPU time that a test says."""

    def __init__(self, monkeypatch, step: float, measurement: float, first: float = 0.0) -> None:
        self.now, self.step, self.measurement, self.first = 0.0, step, measurement, first
        monkeypatch.setattr(accuracy_meter, "thread_time", lambda: self.now)
        monkeypatch.setattr(Sample, "accuracy", self.measure)

    def measure(self) -> float:
        self.now += self.measurement
        return 0.5

    def train(self, meter: AccuracyMeter, first: int, steps: int) -> list[int]:
        """→ the steps at which the meter measured."""
        measured = [first] if meter.measure(first) is not None else []
        self.now += self.first
        for step in range(first + 1, steps + 1):
            self.now += self.step
            if meter.measure(step) is not None:
                measured.append(step)
        return measured


@pytest.fixture
def meter(quick, noise):
    """``meter(steps, per_epoch)`` or ``meter(steps, per_epoch, first)``"""
    network, _, _ = quick.build()

    def make(steps, per_epoch, first=0, images=1000):
        return AccuracyMeter(network, noise(images), first, steps, per_epoch)

    return make


@pytest.mark.parametrize("images", [IMAGES, 30])
def test_it_measures_the_accuracy_on_its_images(quick, noise, images):
    network, loss, _ = quick.build()
    few = noise(images)
    accuracy = AccuracyMeter(network, few, 0, 100, 50).measure(0)
    assert accuracy == evaluate(network, loss, few.images, few.labels).accuracy


@pytest.mark.parametrize("epochs", [3, 5, 100])
@pytest.mark.parametrize("start_up", [0.0, 0.05])
def test_the_first_epoch_has_twelve_points_and_all_of_them_stay_within_their_share(
    monkeypatch, meter, epochs, start_up
):
    """A step and a measurement as the standard network's; the first step may be slow."""
    machine = Machine(monkeypatch, step=0.5e-3, measurement=1.6e-3, first=start_up)
    made = meter(860 * epochs, 860)
    steps = machine.train(made, 0, 860 * epochs)
    assert steps[:2] == [0, 1]
    assert sum(step <= 860 for step in steps) >= 12
    assert made.seconds <= SHARE * machine.now or made.count == ALWAYS
    kept = snapshot_schedule.snapshot_steps(860 * epochs, 101_770)
    assert set(steps) <= kept
    gaps = [log(b / a) for a, b in pairwise(steps[1:])]
    assert max(gaps) < log(860) / 6  # the points are spread over the logarithm of the steps


def test_a_measurement_that_would_exceed_the_share_is_left_out(monkeypatch, meter):
    machine = Machine(monkeypatch, step=1e-3, measurement=0.2)
    made = meter(10_000, 1000)
    steps = machine.train(made, 0, 10_000)
    assert len(steps) == made.count == accuracy_meter.ALWAYS


def test_a_cheap_measurement_is_taken_at_every_kept_snapshot(monkeypatch, meter):
    machine = Machine(monkeypatch, step=1e-3, measurement=1e-6)
    steps = machine.train(meter(10_000, 1000), 0, 10_000)
    assert set(steps) == snapshot_schedule.snapshot_steps(10_000, parameters=1)


def test_a_resumed_run_is_measured_at_once_and_then_as_it_can_afford(monkeypatch, meter):
    machine = Machine(monkeypatch, step=1e-3, measurement=1.6e-3)
    kept = sorted(snapshot_schedule.snapshot_steps(10_000, parameters=1))
    first = kept[len(kept) // 2]
    made = meter(10_000, 1000, first)
    steps = machine.train(made, first, 10_000)
    assert steps[0] == first and len(steps) > 20
    assert made.seconds <= SHARE * machine.now


def test_what_others_train_meanwhile_affords_no_more_measurements(monkeypatch, meter):
    """The members of a race take turns in one process."""
    machine = Machine(monkeypatch, step=0.5e-3, measurement=1.6e-3)
    alone = machine.train(meter(8600, 860), 0, 8600)
    machine = Machine(monkeypatch, step=0.5e-3, measurement=1.6e-3)
    member = meter(8600, 860)
    measured = [0] if member.measure(0) is not None else []
    for step in range(1, 8601):
        machine.now += 3 * machine.step
        member.exclude(3 * machine.step)
        machine.now += machine.step
        if member.measure(step) is not None:
            measured.append(step)
    assert len(measured) > 20 and abs(len(measured) - len(alone)) <= 1
