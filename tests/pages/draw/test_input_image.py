"""Loaded images: what is already in MNIST's format is used unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nn.data.preprocess.pipeline import already_preprocessed, preprocess
from nn.data.synthetic import handwriting
from pages.common.model_picker import PRETRAINED
from pages.draw import input_image
from pages.draw.input_image import LoadedImage


@pytest.fixture(scope="module")
def written():
    return handwriting.make(40, seed=5)


def test_an_image_of_a_dataset_is_used_unchanged_and_classified(written):
    correct = 0
    for row in range(len(written)):
        loaded = input_image.of_dataset(written, row, "a digit")
        preprocessed = input_image.preprocessed(loaded)
        np.testing.assert_array_equal(preprocessed.image, written.images[row])
        correct += PRETRAINED.predict(preprocessed).predicted == loaded.label
    assert correct >= 36


def test_the_canvas_shows_it_dark_on_light(written):
    shown = np.asarray(input_image.on_canvas(input_image.of_dataset(written, 0, "a digit")))
    np.testing.assert_array_equal(shown, 255 - written.images[0])


def test_a_photo_is_preprocessed_and_an_empty_image_is_blank():
    photo = Image.new("L", (90, 90), 255)
    photo.paste(0, (40, 10, 50, 80))
    preprocessed = input_image.preprocessed(LoadedImage(photo, "a stroke"))
    np.testing.assert_array_equal(preprocessed.image, preprocess(photo).image)
    empty = already_preprocessed(np.zeros((28, 28), np.uint8))
    assert empty.problem and PRETRAINED.predict(empty).predicted is None
