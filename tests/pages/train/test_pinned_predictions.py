"""Pins: a figure says what its network says."""

from __future__ import annotations

import numpy as np

from pages.train.pinned_predictions import _figure


def test_the_likeliest_digit_is_named_and_every_digit_has_its_bar():
    probabilities = np.full(10, 0.05)
    probabilities[3] = 0.55
    html = _figure(np.zeros((28, 28), np.uint8), probabilities)
    assert "<b>3</b>" in html and "55 % confidence" in html
    assert html.count("<i ") == 10
    assert html.count("height: 5%") == 9 and html.count("height: 55%") == 1
