"""The parts of the Mistakes page that need no browser."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nn.analysis.predictions.calibration import calibration
from nn.analysis.predictions.confusion import Confusion
from nn.analysis.predictions.confusion import confusion as confusion_of
from nn.analysis.predictions.predict import Predictions
from nn.data.dataset import Dataset
from pages.common import charts
from pages.common.test_set import Pictures
from pages.components import confusion_matrix, prediction_card
from pages.mistakes import confusion, hard_examples, per_digit
from pages.mistakes.confusion import ANY


def reading(n: int = 400, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(10, 0.3), n).astype(np.float32)
    answers = probabilities.argmax(axis=1)
    labels = np.where(rng.random(n) < 0.6, answers, rng.integers(0, 10, n)).astype(np.uint8)
    return Predictions(labels, probabilities, answers, probabilities.max(axis=1))


@pytest.mark.parametrize(("truth", "answer"), list(itertools.product([ANY, 0, 4, 9], repeat=2)))
def test_chosen_are_the_pictures_of_the_cell_or_row_or_column_surest_first(truth, answer):
    made = reading()
    expected = {
        row
        for row, (label, said) in enumerate(zip(made.labels, made.predicted, strict=True))
        if truth in (ANY, label) and answer in (ANY, said)
        if label != said or ANY not in (truth, answer)
    }
    found = confusion.chosen(made, truth, answer)
    assert set(found.tolist()) == expected and len(found) == len(expected)
    assert (np.diff(made.confidence[found]) <= 0).all()


def matrix_of(counts: np.ndarray, shares: bool = False) -> dict[str, list]:
    return confusion_matrix.content(Confusion(counts), shares)


def test_the_matrix_shows_each_count_in_its_cell():
    counts = confusion_of(reading().labels, reading().predicted).counts
    made = matrix_of(counts)
    for y, x in itertools.product(range(10), repeat=2):
        pictures, percent = made["numbers"][y][x]
        assert pictures == counts[y, x]
        assert percent == pytest.approx(100 * counts[y, x] / counts[y].sum())
        assert made["text"][y][x] == (f"{counts[y, x]:,}" if counts[y, x] else "")
        assert (made["shades"][y][x] > 0) == (y == x)


def test_the_larger_the_share_that_goes_wrong_the_redder_the_cell():
    counts = np.diag(np.full(10, 1000))
    counts[1, 2], counts[3, 4], counts[5, 6] = 1, 10, 500
    shades = matrix_of(counts)["shades"]
    assert shades[5][6] == -1 < shades[3][4] < shades[1][2] < 0 == shades[7][8]
    counts[5, 6] = counts[3, 4] = 0
    assert matrix_of(counts)["shades"][1][2] > -0.3  # faint where hardly anything is wrong


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize(
    "counts",
    [
        np.zeros((10, 10), np.int64),  # a set of pictures may lack a digit, or nine
        np.eye(10, dtype=np.int64),
        np.full((10, 10), 10**6),
    ],
)
def test_the_matrix_can_be_drawn_of_anything(counts, shares):
    shades = np.array(matrix_of(counts, shares)["shades"])
    assert np.isfinite(shades).all() and np.abs(shades).max() <= 1


def test_shares_are_percent_of_the_digit():
    counts = np.zeros((10, 10), np.int64)
    counts[2, 2], counts[2, 7] = 990, 10
    shown = matrix_of(counts, shares=True)["text"]
    assert (shown[2][2], shown[2][7], shown[2][3]) == ("99", "1.0", "")


def test_the_calibration_has_a_dot_for_each_tenth_that_has_pictures():
    found = calibration(reading())
    dots = charts.calibration(found).data[1]
    assert len(dots.x) == np.count_nonzero(found.counts)
    assert sum(dots.customdata) == 400


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0.0 %"),
        (1e-6, "under 0.1 %"),
        (0.5, "50.0 %"),
        (0.9994, "99.9 %"),
        (0.99999, "over 99.9 %"),
        (1.0, "100.0 %"),
    ],
)
def test_what_is_not_quite_all_or_nothing_does_not_read_as_if_it_were(share, words):
    assert prediction_card.percent(share) == words


def test_a_card_says_what_the_picture_is_and_what_it_was_read_as():
    made = reading()
    images = np.random.default_rng(1).integers(0, 256, (400, 28, 28)).astype(np.uint8)
    pictures = Pictures("k", "some", Dataset(images, made.labels, "some"), True)
    row = int(confusion.chosen(made, ANY, ANY)[0])
    card = prediction_card.card(made, pictures, row)
    assert (card.label, card.predicted) == (made.labels[row], made.predicted[row])
    assert f"{card.label}, predicted {card.predicted}" == card.title
    assert card.probabilities[card.predicted] == max(card.probabilities)


@pytest.mark.parametrize(
    "samples_seen", [[0], [64], [0, 64], [0, 64, 6400], [64, 128, 10**6], [0, 1, 2, 3]]
)
def test_moments_stand_in_order_between_both_ends(samples_seen):
    places = per_digit.places(samples_seen)
    assert len(places) == len(samples_seen) and places == sorted(places)
    assert places[-1] == 1
    assert places[0] == (0 if len(samples_seen) > 1 else 1)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1K"),
        (12_345, "12.3K"),
        (220_000, "220K"),
        (999_999, "1M"),
        (3_400_000, "3.4M"),
    ],
)
def test_long_counts_are_short_on_a_card(count, words):
    assert hard_examples.short(count) == words
