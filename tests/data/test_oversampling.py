from __future__ import annotations

import numpy as np
import pytest

from nn.data.dataset import Dataset
from nn.data.oversampling import MAX_REPEATS, OVERSAMPLED_SHARE, oversample, typicality
from nn.data.synthetic import handwriting


@pytest.fixture(scope="module")
def digits():
    return handwriting.make(2000, seed=3)


def test_each_digit_is_ranked_separately(digits):
    ranks = typicality(digits)
    for digit in range(10):
        sorted_ranks = np.sort(ranks[digits.labels == digit])
        np.testing.assert_allclose(
            sorted_ranks, np.arange(1, len(sorted_ranks) + 1) / len(sorted_ranks)
        )


def test_an_image_unlike_all_others_ranks_among_the_most_unusual(digits):
    images = digits.images.copy()
    sevens = np.flatnonzero(digits.labels == 7)
    images[sevens[5]] = images[np.flatnonzero(digits.labels == 0)[0]]
    ranks = typicality(Dataset(images, digits.labels, "unusual"))
    assert ranks[sevens[5]] <= 0.02 < typicality(digits)[sevens[5]]


def test_the_rank_does_not_depend_on_brightness(digits):
    darker = Dataset(digits.images // 2, digits.labels, "pale")
    assert np.corrcoef(typicality(darker), typicality(digits))[0, 1] > 0.99


def test_every_image_stays_and_unusual_ones_are_repeated(digits):
    labels = {image.tobytes(): label for image, label in zip(*pairs(digits), strict=True)}
    times = dict.fromkeys(labels, 0)
    for image, label in zip(*pairs(oversample(digits)), strict=True):
        assert labels[image.tobytes()] == label
        times[image.tobytes()] += 1
    for rank, image in zip(typicality(digits), digits.images, strict=True):
        assert times[image.tobytes()] == int(min(max(OVERSAMPLED_SHARE / rank, 1), MAX_REPEATS))


def pairs(dataset):
    return dataset.images, dataset.labels
