"""The calibration chart."""

from __future__ import annotations

import numpy as np

from nn.analysis.predictions.calibration import calibration
from pages.mistakes.calibration import chart
from tests.pages.mistakes.predictions import random_predictions


def test_the_chart_has_a_dot_for_each_bin_with_images():
    found = calibration(random_predictions())
    dots = chart(found).data[1]
    assert len(dots.x) == np.count_nonzero(found.counts)
    assert sum(dots.customdata) == 400
