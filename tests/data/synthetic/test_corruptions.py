from __future__ import annotations

import numpy as np
import pytest

from nn.data.synthetic import handwriting
from nn.data.synthetic.corruptions import CORRUPTIONS, corrupt


@pytest.fixture(scope="module")
def images():
    return handwriting.make(20, seed=3).images


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_a_corruption_changes_every_image_and_leaves_it_visible(images, kind):
    before = images.copy()

    damaged = corrupt(images, kind)

    assert damaged.shape == images.shape and damaged.dtype == np.uint8
    np.testing.assert_array_equal(images, before)
    for image, other in zip(images.astype(float), damaged.astype(float), strict=True):
        assert np.abs(image - other).mean() > 0.5
        assert np.ptp(other) > 100


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_same_seed_gives_the_same_images(images, kind):
    np.testing.assert_array_equal(corrupt(images, kind, 4), corrupt(images, kind, 4))


def test_there_are_the_fifteen_corruptions_of_mnist_c():
    assert len(CORRUPTIONS) == 15


def test_translation_moves_an_image_by_four_pixels_in_both_directions():
    dot = np.zeros((8, 28, 28), np.uint8)
    dot[:, 14, 14] = 255
    for image in corrupt(dot, "translation"):
        assert np.abs(np.argwhere(image == 255)[0] - 14).tolist() == [4, 4]


def test_scale_makes_a_digit_smaller_by_two_fifths():
    square = np.zeros((1, 28, 28), np.uint8)
    square[:, 4:24, 4:24] = 255
    small = corrupt(square, "scale")[0] > 127
    assert small.any(axis=0).sum() == small.any(axis=1).sum() == pytest.approx(12, abs=1)


def test_edges_of_a_filled_square_are_hollow():
    square = np.zeros((1, 28, 28), np.uint8)
    square[:, 8:20, 8:20] = 255
    outline = corrupt(square, "edges only")[0]
    assert outline[14, 14] == 0 and outline[8, 14] == outline[14, 19] == 255
