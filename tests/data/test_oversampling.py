from __future__ import annotations

import numpy as np
import pytest

from nn.data.dataset import Dataset
from nn.data.oversampling import MOST, RARE, oversample, rarity
from nn.data.synthetic import handwriting


@pytest.fixture(scope="module")
def digits():
    return handwriting.make(2000, seed=3)


def test_each_digit_is_ranked_on_its_own(digits):
    ranks = rarity(digits)
    for digit in range(10):
        own = np.sort(ranks[digits.labels == digit])
        np.testing.assert_allclose(own, np.arange(1, len(own) + 1) / len(own))


def test_one_written_like_nobody_elses_is_among_the_rarest(digits):
    images = digits.images.copy()
    sevens = np.flatnonzero(digits.labels == 7)
    images[sevens[5]] = images[np.flatnonzero(digits.labels == 0)[0]]
    ranks = rarity(Dataset(images, digits.labels, "odd"))
    assert ranks[sevens[5]] <= 0.02 < rarity(digits)[sevens[5]]


def test_rarity_asks_how_a_digit_is_written_and_not_how_dark(digits):
    paler = Dataset(digits.images // 2, digits.labels, "pale")
    assert np.corrcoef(rarity(paler), rarity(digits))[0, 1] > 0.99


def test_every_picture_stays_and_the_rare_ones_come_oftener(digits):
    whole = {image.tobytes(): label for image, label in zip(*pairs(digits), strict=True)}
    times = dict.fromkeys(whole, 0)
    for image, label in zip(*pairs(oversample(digits)), strict=True):
        assert whole[image.tobytes()] == label
        times[image.tobytes()] += 1
    for rank, image in zip(rarity(digits), digits.images, strict=True):
        assert times[image.tobytes()] == int(min(max(RARE / rank, 1), MOST))


def pairs(pictures):
    return pictures.images, pictures.labels
