"""Loaded: what is in MNIST's frame passes unchanged, and the pretrained model can read it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import handwriting
from pages.common.model_picker import PRETRAINED
from pages.draw import input_image
from pages.draw.input_image import Loaded


@pytest.fixture(scope="module")
def written():
    return handwriting.make(40, seed=5)


def test_a_digit_of_a_dataset_is_seen_as_it_is_and_read(written):
    right = 0
    for row in range(len(written)):
        picture = input_image.of_dataset(written, row, "a digit")
        seen = input_image.seen(picture)
        np.testing.assert_array_equal(seen.image, written.images[row])
        right += PRETRAINED.read(seen).predicted == picture.truth
    assert right >= 36


def test_it_lies_dark_on_light_on_the_paper(written):
    shown = np.asarray(input_image.shown(input_image.of_dataset(written, 0, "a digit")))
    np.testing.assert_array_equal(shown, 255 - written.images[0])


def test_a_photograph_is_normalised_and_nothing_is_blank():
    picture = Image.new("L", (90, 90), 255)
    picture.paste(0, (40, 10, 50, 80))
    seen = input_image.seen(Loaded(picture, "a stroke"))
    np.testing.assert_array_equal(seen.image, preprocess(picture).image)
    empty = input_image.framed(np.zeros((28, 28), np.uint8))
    assert empty.blank and PRETRAINED.read(empty).predicted is None
