"""McNemar's test in words."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.disagreement import Disagreement
from pages.compare.disagreement import chance_in_words, counts_in_words


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "in 100 of 100 cases: this difference may be chance."),
        (0.37, "in 37 of 100 cases: this difference may be chance."),
        (0.05, "in 5 of 100 cases: this difference may be chance."),
        (0.049, "in 1 of 20 cases."),
        (0.001, "in 1 of 1,000 cases."),
        (0.000123, "in 1 of 8,100 cases."),
        (0.0, "in less than 1 of 1,000,000 cases."),
    ],
)
def test_the_p_value_is_so_many_cases(p, words):
    assert chance_in_words(p).endswith(f"would appear by chance {words}")


def test_the_images_are_counted():
    split = Disagreement(np.arange(1), np.arange(41), np.arange(1200))
    assert counts_in_words(split, ("A", "B")) == (
        "**A** alone is right on 1 image, **B** alone on 41; both are wrong on 1,200."
    )
