"""The confusion matrix: its counts, percentages and shades."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nn.analysis.predictions.confusion import Confusion, confusion
from pages.components.confusion_matrix import counts as content_of_counts
from pages.components.confusion_matrix import difference
from tests.pages.mistakes.predictions import random_predictions


def content_of(counts: np.ndarray, in_percent: bool = False) -> dict[str, list]:
    return content_of_counts(Confusion(counts), in_percent)


def test_each_cell_shows_its_count():
    predictions = random_predictions()
    counts = confusion(predictions.labels, predictions.predicted).counts
    content = content_of(counts)
    for y, x in itertools.product(range(10), repeat=2):
        images = "1 image" if counts[y, x] == 1 else f"{counts[y, x]} images"
        percent = 100 * counts[y, x] / counts[y].sum()
        label = f"actual {y}, predicted {x}: {images}, {percent:.1f} % of all images of a {y}"
        assert content["labels"][y][x] == label
        assert content["text"][y][x] == (f"{counts[y, x]:,}" if counts[y, x] else "")
        assert (content["shades"][y][x] > 0) == (y == x)


def test_a_larger_share_of_errors_is_redder():
    counts = np.diag(np.full(10, 1000))
    counts[1, 2], counts[3, 4], counts[5, 6] = 1, 10, 500
    shades = content_of(counts)["shades"]
    assert shades[5][6] == -1 < shades[3][4] < shades[1][2] < 0 == shades[7][8]
    counts[5, 6] = counts[3, 4] = 0
    assert content_of(counts)["shades"][1][2] > -0.3  # faint if there are hardly any errors


@pytest.mark.parametrize("in_percent", [False, True])
@pytest.mark.parametrize(
    "counts",
    [
        np.zeros((10, 10), np.int64),  # a set of images may lack one digit, or nine
        np.eye(10, dtype=np.int64),
        np.full((10, 10), 10**6),
    ],
)
def test_any_counts_give_finite_shades(counts, in_percent):
    shades = np.array(content_of(counts, in_percent)["shades"])
    assert np.isfinite(shades).all() and np.abs(shades).max() <= 1


def test_percentages_are_of_the_actual_digit():
    counts = np.zeros((10, 10), np.int64)
    counts[2, 2], counts[2, 7] = 990, 10
    text = content_of(counts, in_percent=True)["text"]
    assert (text[2][2], text[2][7], text[2][3]) == ("99", "1.0", "")


def test_a_difference_shows_what_the_second_model_has_more_or_less():
    first, second = np.diag(np.full(10, 100)), np.diag(np.full(10, 100))
    first[4, 9], second[4, 9] = 3, 40
    first[1, 7], second[1, 7] = 9, 8
    content = difference(Confusion(first), Confusion(second), ("a", "b"))
    assert (content["text"][4][9], content["text"][1][7], content["text"][0][0]) == (
        "+37",
        "−1",
        "",
    )
    shades = content["shades"]
    assert shades[4][9] == 1 and -0.5 < shades[1][7] < 0 == shades[0][0]
    assert content["labels"][4][9] == "actual 4, predicted 9: 40 images by b, 3 by a"
    same = difference(Confusion(first), Confusion(first), ("a", "b"))
    assert not np.any(same["shades"]) and not any(map(any, same["text"]))
