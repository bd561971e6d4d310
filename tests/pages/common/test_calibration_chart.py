"""The calibration chart."""

from __future__ import annotations

import numpy as np

from nn.analysis.predictions.calibration import calibration
from pages.common.calibration_chart import Curve, chart
from tests.pages.mistakes.predictions import random_predictions


def test_the_chart_has_a_dot_for_each_bin_with_images():
    found = calibration(random_predictions())
    dots = chart([Curve("a", "#0d8c82", found)]).data[1]
    assert len(dots.x) == np.count_nonzero(found.counts)
    assert sum(dots.customdata) == 400


def test_several_models_have_a_line_each_in_its_color():
    curves = [
        Curve(color, color, calibration(random_predictions(n, seed=n)))
        for n, color in ((100, "#112233"), (400, "#aabbcc"))
    ]
    _, first, second = chart(curves).data
    assert (first.marker.color, second.marker.color) == ("#112233", "#aabbcc")
    assert first.line.color == "rgba(17, 34, 51, 0.5)"
    assert max(first.marker.size) < max(second.marker.size)  # of fewer images
