from __future__ import annotations

import numpy as np
import pytest

from nn.data.preprocess.stroke_width import mean_width
from nn.data.synthetic import handwriting as synthetic
from nn.losses import cross_entropy
from nn.metrics import evaluate
from nn.network import Network
from nn.optimizers import Sgd
from nn.training import train


def test_the_same_seed_gives_the_same_images():
    ours, again, other = (synthetic.make(60, seed) for seed in (1, 1, 2))

    np.testing.assert_array_equal(ours.images, again.images)
    np.testing.assert_array_equal(ours.labels, again.labels)
    assert not np.array_equal(ours.images, other.images)
    assert not np.array_equal(ours.labels, other.labels)


@pytest.mark.parametrize("count", [0, 7, 10, 65])
def test_every_digit_is_drawn_equally_often(count):
    drawn = synthetic.make(count, seed=0)

    often = np.bincount(drawn.labels, minlength=10)
    assert (len(drawn), len(drawn.images), len(often)) == (count, count, 10)
    assert often.max() - often.min() <= 1
    assert drawn.images.dtype == drawn.labels.dtype == np.uint8


def test_no_two_images_are_equal():
    images = synthetic.make(300, seed=0).images
    assert len(np.unique(images.reshape(300, -1), axis=0)) == 300


def test_images_are_scaled_and_centered_like_those_of_mnist():
    pixels = synthetic.make(1000, seed=3).images.astype(float)
    edges = np.arange(28) + 0.5
    for across in (1, 2):
        profile = pixels.sum(axis=across)
        middle = profile @ edges / profile.sum(axis=1)
        assert np.mean((middle >= 13.5) & (middle < 15.5)) > 0.95
        assert np.median(middle) == pytest.approx(14.5, abs=0.1)
        assert np.abs(middle - 14.5).max() < 2.5
    lit = pixels > 0
    sides = np.stack([extent(lit.any(axis=2)), extent(lit.any(axis=1))])
    # A pixel more, where the edge falls within one; less, where the pen was pressed less.
    assert np.isin(sides.max(axis=0), (20, 21)).mean() > 0.9
    assert set(sides.max(axis=0)) <= {18, 19, 20, 21}
    assert (pixels.max(axis=(1, 2)) > 220).mean() > 0.95


def extent(lit: np.ndarray) -> np.ndarray:
    """(n, 28) bool → how many pixels lie between the first and the last, both counted."""
    return 28 - lit.argmax(axis=1) - lit[:, ::-1].argmax(axis=1)


def test_training_and_test_images_differ(monkeypatch):
    monkeypatch.setattr(synthetic, "TRAIN_SIZE", 50)
    monkeypatch.setattr(
        synthetic, "TEST_SIZE", 50
    )  # of the same size, so that only the seeds differ
    monkeypatch.setattr(synthetic, "VERSION", "small")

    training, test = synthetic.load()

    assert (len(training), len(test), training.name) == (50, 50, "strokes")
    images = {image.tobytes() for image in training.images}
    assert not images & {image.tobytes() for image in test.images}


@pytest.mark.usefixtures("one_thread")
def test_a_network_trained_on_synthetic_digits_recognizes_mnist(mnist):
    _, handwriting = mnist
    network = Network((784, 64, 10))
    network.initialize("he", np.random.default_rng(0))
    sgd = Sgd(len(network.parameters), lr=0.1, momentum=0.9)

    for _ in train(
        network, cross_entropy, sgd, synthetic.make(5000, 3), epochs=4, batch_size=50, seed=0
    ):
        pass

    every_fifth = handwriting.images[::5], handwriting.labels[::5]
    assert evaluate(network, cross_entropy, *every_fifth).accuracy > 0.8


def test_strokes_are_as_wide_as_in_mnist(mnist):
    drawn = np.median([mean_width(image / 255) for image in synthetic.make(300, seed=0).images])
    written = np.median([mean_width(image / 255) for image in mnist[0].images[:300]])
    assert drawn == pytest.approx(written, rel=0.15)


def test_the_pressure_of_the_pen_varies_gradually():
    radius = synthetic.random_pens(200, np.random.default_rng(0))
    assert radius.shape == (200, synthetic.POINTS)
    assert 0.5 < radius.min() < radius.max() < 3
    assert np.median(radius.max(axis=1) / radius.min(axis=1)) > 1.1
    assert np.abs(np.diff(radius, axis=1)).max() < 0.2, "but gradually"


def test_every_part_of_the_dataset_has_every_glyph():
    """Otherwise the validation set would have glyphs that training never saw."""
    made = synthetic.make(2000, seed=0)
    ones = made.images[made.labels == 1].astype(float)
    # Only the last glyph of a 1 has a foot: bright pixels left and right of the stem's end.
    width = (ones[:, 18:].max(axis=1) > 127).sum(axis=1)
    footed = width > np.median(width) + 2
    halves = np.array_split(footed, 2)
    assert abs(halves[0].mean() - halves[1].mean()) < 0.15
