from __future__ import annotations

import numpy as np
import pytest

from nn.schedules import SCHEDULES, constant, cosine, step, warm_up_linear


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_stays_within_the_full_rate_and_only_warm_up_raises_it(schedule):
    rates = [schedule(progress) for progress in np.linspace(0, 1, 101)]
    assert max(rates) == 1
    assert min(rates) >= 0
    after = rates[rates.index(1) :]
    assert after == sorted(after, reverse=True)
    assert schedule is warm_up_linear or rates[0] == 1


def test_constant_stays_and_cosine_ends_at_zero():
    assert constant(1.0) == 1
    assert [cosine(progress) for progress in (1 / 3, 1 / 2, 1)] == pytest.approx([3 / 4, 1 / 2, 0])


def test_step_falls_by_ten_at_a_half_and_at_three_quarters():
    assert [step(progress) for progress in (0.49, 0.5, 0.74, 0.75, 1)] == [1, 0.1, 0.1, 0.01, 0.01]


def test_warm_up_rises_for_a_tenth_and_falls_to_nothing():
    rates = [warm_up_linear(progress) for progress in (0, 0.05, 0.1, 0.55, 1)]
    assert rates == pytest.approx([0, 0.5, 1, 0.5, 0])
