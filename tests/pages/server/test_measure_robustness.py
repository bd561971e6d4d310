"""Measuring robustness in a thread: progress, turns, and what a canceled measurement leaves."""

from __future__ import annotations

from threading import Event

import pytest

from nn.analysis import robustness
from nn.analysis.robustness import KINDS
from nn.data.synthetic import handwriting
from nn.errors import UserError
from nn.models import pretrained
from pages.server import measure_robustness
from pages.server.measure_robustness import Measured, Measurement

DIGITS = handwriting.make(5, seed=3)


@pytest.fixture
def blocked(monkeypatch):
    """Measuring waits before each kind until ``go`` is set → go, reached."""
    go, reached = Event(), Event()

    def corrupted(images, kind):
        reached.set()
        assert go.wait(60)
        return robustness.corrupted(images, kind)

    monkeypatch.setattr(measure_robustness, "corrupted", corrupted)
    yield go, reached
    go.set()


def finished(measurement):
    measurement._future.result(timeout=60)
    return measurement


def test_the_accuracy_on_every_kind_is_that_of_the_analysis():
    corrupted, network = {}, Measured(pretrained.network(), {})
    measurement = finished(Measurement(DIGITS, corrupted, [network]))
    measurement.check()
    assert measurement.is_done and measurement.progress == 1 and network.is_complete
    assert list(network.accuracies) == list(corrupted) == list(KINDS)
    for kind in ("none", "zigzag"):
        expected = robustness.accuracy(
            pretrained.network(), robustness.corrupted(DIGITS.images, kind), DIGITS.labels
        )
        assert network.accuracies[kind] == expected


def test_what_is_there_is_not_computed_again(monkeypatch):
    corrupted, first = {}, Measured(pretrained.network(), {})
    finished(Measurement(DIGITS, corrupted, [first]))
    monkeypatch.setattr(measure_robustness, "corrupted", None)
    second = Measured(pretrained.network(), {"none": 0.123})
    finished(Measurement(DIGITS, corrupted, [first, second])).check()
    assert second.accuracies == first.accuracies | {"none": 0.123}


def test_measurements_take_turns(blocked):
    go, reached = blocked
    first, second = (
        Measurement(DIGITS, {}, [Measured(pretrained.network(), {})]) for _ in range(2)
    )
    assert reached.wait(60)
    assert not first.is_waiting and second.is_waiting and not first.is_done
    second.cancel()
    assert second.is_done and not second.is_waiting
    second.check()  # to be canceled is no error
    go.set()
    assert finished(first).progress == 1 and second.progress == 0


def test_a_canceled_measurement_ends_before_the_next_kind_and_another_goes_on_from_there(blocked):
    go, reached = blocked
    corrupted, network = {}, Measured(pretrained.network(), {})
    measurement = Measurement(DIGITS, corrupted, [network])
    assert reached.wait(60)
    measurement.cancel()
    go.set()
    finished(measurement).check()
    assert list(network.accuracies) == ["none"] and not network.is_complete
    finished(Measurement(DIGITS, corrupted, [network]))
    assert network.is_complete


def test_an_error_is_raised_by_the_check(monkeypatch):
    def corrupted(images, kind):
        raise UserError("These images cannot be corrupted.")

    monkeypatch.setattr(measure_robustness, "corrupted", corrupted)
    measurement = Measurement(DIGITS, {}, [Measured(pretrained.network(), {})])
    with pytest.raises(UserError, match="cannot be corrupted"):
        finished(measurement)
    with pytest.raises(UserError, match="cannot be corrupted"):
        measurement.check()
