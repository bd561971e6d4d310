"""The pretrained model: its accuracy, calibration, and what it rejects."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn.analysis.model_card import non_digits as other_non_digits
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import drawings as drawings_of_digits
from nn.data.synthetic import handwriting, non_digits
from nn.models import pretrained, weights_file
from nn.models.rejection import RejectionRule
from nn.network import Network
from tests.data.preprocess.test_drawings import draw

SIDE = 400
# The lowest accuracy allowed on each file of drawings.
FILES = {"chars74k_digits_550": 0.996, "pendigits_train_1500": 0.983}


def rejected_or_blank(images):
    predictions = [pretrained.predict(preprocess(image)) for image in images]
    return np.mean([one.rejected or one.predicted is None for one in predictions])


def test_its_file_is_small_and_holds_network_and_rejection_rule():
    assert pretrained.FILE.stat().st_size <= 4 * 2**20
    network, about = weights_file.read(pretrained.FILE)
    np.testing.assert_array_equal(network.parameters, pretrained.network().parameters)
    assert RejectionRule(**about["rejection"]) == pretrained.rejection_rule()


def test_its_accuracy_on_validation_and_test_images_of_mnist(mnist):
    training, test = mnist
    for data, lowest in ((training[55_000:], 0.995), (test, 0.994)):
        predicted = pretrained.network().probabilities(data.images).argmax(axis=1)
        assert np.mean(predicted == data.labels) >= lowest


def test_its_file_says_how_accurate_it_is(mnist):
    _, test = mnist
    predicted = pretrained.network().probabilities(test.images).argmax(axis=1)
    assert pretrained.test_accuracy() == np.mean(predicted == test.labels)


def test_few_mnist_digits_are_rejected(mnist):
    assert rejected_or_blank(mnist[1].images[:250]) <= 0.02


def test_a_prediction_is_the_most_likely_digit_and_its_probability():
    for image in handwriting.make(20, seed=4).images:
        prediction = pretrained.predict(preprocess(image))
        assert prediction.predicted == prediction.probabilities.argmax()
        assert prediction.confidence == prediction.probabilities.max()
        assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)


def dot(radius):
    canvas = Image.new("L", (SIDE, SIDE), 255)
    box = (100 - radius, 200 - radius, 100 + radius, 200 + radius)
    ImageDraw.Draw(canvas).ellipse(box, fill=0)
    return np.asarray(canvas)


@pytest.mark.parametrize(
    "image",
    [np.full((SIDE, SIDE), 255, np.uint8), np.zeros((SIDE, SIDE), np.uint8), *map(dot, (2, 9, 40))],
    ids=["white", "black", "dot of 2", "dot of 9", "dot of 40"],
)
def test_a_blank_image_has_no_digit(image):
    prediction = pretrained.predict(preprocess(image))
    assert (prediction.predicted, prediction.confidence, prediction.rejected) == (None, 0.0, False)
    assert not prediction.probabilities.any()


def test_most_non_digits_are_rejected():
    assert rejected_or_blank(non_digits.make(225, seed=77)) >= 0.93


def test_printed_letters_and_shapes_are_rejected():
    assert rejected_or_blank(other_non_digits.letters()) >= 0.8
    shapes = [other_non_digits.shapes(name) for name in other_non_digits.SHAPES]
    assert np.mean([rejected_or_blank(sheets) for sheets in shapes]) >= 0.9


def test_a_page_without_strokes_is_blank_or_rejected():
    assert rejected_or_blank(other_non_digits.blank_pages()) == 1


@pytest.mark.parametrize("noise", ["normal", "salt and pepper"])
def test_noise_on_a_large_image_changes_few_predictions_and_rejects_few(noise):
    rng, kept = np.random.default_rng(0), 0
    for digit in handwriting.make(40, seed=4).images:
        clean = np.asarray(Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC))
        if noise == "normal":
            noisy = clean + rng.normal(0, 25.5, clean.shape)
        else:
            extremes = rng.choice([0, 255], clean.shape)
            noisy = np.where(rng.random(clean.shape) < 0.1, extremes, clean)
        expected = pretrained.predict(preprocess(clean))
        found = pretrained.predict(preprocess(noisy.clip(0, 255).astype(np.uint8)))
        kept += (found.predicted, found.rejected) == (expected.predicted, expected.rejected)
    assert kept >= 0.95 * 40


def test_synthetic_drawings_that_training_did_not_see_are_classified():
    drawn = drawings_of_digits.make_digits(600, seed=99)
    predicted = pretrained.network().probabilities(drawn.images).argmax(axis=1)
    assert np.mean(predicted == drawn.labels) >= 0.9


def test_most_noise_is_rejected_or_blank():
    rng = np.random.default_rng(0)
    cells = [rng.random((side, side)) < share for side in (8, 14, 28) for share in (0.2, 0.3, 0.5)]
    coarse = [np.kron(cell, np.ones((7, 7))) for cell in cells]
    fine = [rng.random((140, 140)) for _ in range(9)]
    assert rejected_or_blank(coarse + fine) >= 0.85


def test_another_network_rejects_nothing_without_a_rule_and_what_its_rule_rejects_with_one():
    network = Network((784, 10))
    scribble = preprocess(non_digits.make(9, seed=3)[4])
    assert not pretrained.predict(scribble, network).rejected
    assert pretrained.predict(scribble, network, RejectionRule(1.0, 0.0)).rejected


# Drawings of real people


@pytest.mark.parametrize(
    "how",
    [(1 / 40, 0.75, False), (1 / 20, 0.75, False), (1 / 10, 0.75, False), (1 / 80, 0.19, False),
     (1 / 40, 0.4, True)],
    ids=["a thin pen", "a pen", "a thick pen", "a quarter of the size", "in a corner"],
)  # fmt: skip
@pytest.mark.parametrize("file", FILES)
def test_drawings_are_classified_and_not_rejected(drawings, file, how):
    chosen = drawings(file)[::10]
    predictions = [pretrained.predict(preprocess(draw(one["strokes"], *how))) for one in chosen]
    labels = [one["label"] for one in chosen]
    correct = np.array([one.predicted for one in predictions]) == labels
    assert correct.mean() >= FILES[file]
    assert np.mean([one.rejected for one in predictions]) <= 0.02
    confidence = np.array([one.confidence for one in predictions])
    bins = np.minimum((confidence * 10).astype(int), 9)
    error = sum(abs((correct - confidence)[bins == k].sum()) for k in range(10)) / len(correct)
    assert error <= 0.04  # expected calibration error; larger by chance on few drawings
