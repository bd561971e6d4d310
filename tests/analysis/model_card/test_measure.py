from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.model_card import measure, non_digits
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import handwriting
from nn.models import pretrained

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_interval_of_wilson():
    """The example of Newcombe 1998, table I: 81 of 263."""
    low, high = measure.interval(81 / 263, 263)
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_the_interval_of_a_perfect_accuracy_does_not_exceed_one():
    low, high = measure.interval(1.0, 100)
    assert 0.95 < low < high == pytest.approx(1)


def test_classifying_images_gives_what_the_model_predicts_and_marks_blank_ones():
    images = [*handwriting.make(5, seed=1).images, np.zeros((28, 28), np.uint8)]
    result = measure.classify(images)
    single = [pretrained.predict(preprocess(image)) for image in images]
    assert result.predicted.tolist() == [one.predicted for one in single[:5]] + [-1]
    assert result.rejected.tolist() == [one.rejected for one in single]
    np.testing.assert_array_equal(result.probabilities, [one.probabilities for one in single])
    assert result.no_digit == pytest.approx((1 + sum(one.rejected for one in single)) / 6)
    labels = np.array([*result.predicted[:4], 11, 0])
    assert result.correct(labels).tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize("name", non_digits.SHAPES)
def test_a_shape_is_drawn_differently_each_time_inside_the_sheet(name):
    sheets = non_digits.shapes(name)
    assert len({sheet.tobytes() for sheet in sheets}) == len(sheets) == 18
    for sheet in sheets:
        border = np.concatenate([sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1]])
        assert (border == 255).all() and sheet.min() == 0


def test_letters_are_printed_inside_the_sheet_and_no_two_are_equal():
    sheets = non_digits.letters()
    assert len({sheet.tobytes() for sheet in sheets}) == len(sheets) == 9 * len(non_digits.LETTERS)
    for sheet in sheets:
        border = np.concatenate([sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1]])
        assert (border == 255).all() and sheet.min() == 0


def test_every_group_of_non_digits_is_measured(monkeypatch):
    monkeypatch.setattr(measure, "SCRIBBLES", 2)
    monkeypatch.setattr(non_digits, "LETTERS", "AX")
    shares = dict(measure.on_non_digits())
    assert list(shares) == ["printed letters", "shapes", "scribbles", "noise", "blank pages"]
    assert all(0 <= share <= 1 for kinds in shares.values() for share in kinds.values())
    assert shares["blank pages"] == {"evenly and unevenly lit": 1.0}


def test_corruptions_and_noise_are_measured_on_the_first_images(monkeypatch):
    monkeypatch.setattr(measure, "CORRUPTED", 6)
    monkeypatch.setattr(measure, "NOISY", 6)
    test = handwriting.make(12, seed=5)
    accuracies = dict(measure.on_corruptions(test))
    assert len(accuracies) == 16 and accuracies["none"] == 1
    assert all(round(6 * accuracy, 9).is_integer() for accuracy in accuracies.values())
    for _, accuracy, rejected in measure.on_noise(test):
        assert accuracy >= 0.8 and rejected == 0
