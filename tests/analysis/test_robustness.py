from __future__ import annotations

import numpy as np
import pytest

from nn.analysis import robustness
from nn.analysis.robustness import KINDS, NONE, Corrupted
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import corruptions, handwriting
from nn.models import pretrained
from tests.networks import make


def test_there_are_fifteen_corruptions_and_the_images_without_one():
    assert len(KINDS) == len(set(KINDS)) == 16 and NONE in KINDS


@pytest.mark.parametrize("kind", [NONE, "stripe", "edges only"])
def test_images_are_corrupted_enlarged_and_preprocessed(kind):
    images = handwriting.make(4, seed=1).images
    found = robustness.corrupted(images, kind)
    damaged = images if kind == NONE else corruptions.corrupt(images, kind)
    expected = [preprocess(robustness.enlarged(image)) for image in damaged]
    np.testing.assert_array_equal(found.images, [one.image for one in expected])
    assert found.has_digit.tolist() == [not one.problem for one in expected]


def test_an_empty_image_has_no_digit_and_counts_as_an_error_whatever_is_predicted():
    images = handwriting.make(4, seed=1).images.copy()
    images[1] = 0
    found = robustness.corrupted(images, NONE)
    assert found.has_digit.tolist() == [True, False, True, True]
    predicted = pretrained.network().probabilities(found.images).argmax(axis=1)
    assert robustness.accuracy(pretrained.network(), found, predicted) == 0.75


def test_accuracy_is_the_share_of_correct_predictions():
    network = make(())
    images = handwriting.make(10, seed=2).images
    predicted = network.probabilities(images).argmax(axis=1)
    labels = np.where(np.arange(10) < 7, predicted, (predicted + 1) % 10)
    whole = Corrupted(images, np.ones(10, bool))
    assert robustness.accuracy(network, whole, labels) == pytest.approx(0.7)


def test_no_images_can_be_corrupted():
    found = robustness.corrupted(np.empty((0, 28, 28), np.uint8), NONE)
    assert found.images.shape == (0, 28, 28) and found.has_digit.shape == (0,)


def test_the_sample_is_the_first_images_unless_they_lack_a_digit():
    assert robustness.sample(np.array([3, 1]), 6).tolist() == [0, 1]
    mixed = np.arange(20) % 3
    assert robustness.sample(mixed, 6).tolist() == [0, 1, 2, 3, 4, 5]
    rows = robustness.sample(np.sort(mixed), 6)
    assert len(rows) == 6 and set(np.sort(mixed)[rows]) == {0, 1, 2}
    assert rows[0] == 0 and rows[-1] == 19
