from __future__ import annotations

import numpy as np
import pytest

from nn.schedules import SCHEDULES, constant, cosine


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_starts_at_the_full_rate_and_never_raises_it(schedule):
    rates = [schedule(done) for done in np.linspace(0, 1, 101)]
    assert rates[0] == 1
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] >= 0


def test_constant_stays_and_cosine_ends_at_zero():
    assert constant(1.0) == 1
    assert [cosine(done) for done in (1 / 3, 1 / 2, 1)] == pytest.approx([3 / 4, 1 / 2, 0])
