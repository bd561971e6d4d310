"""The pretrained model that comes with the program: what it reads, and what it refuses to."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import handwriting, non_digits
from nn.models import pretrained, weights_file
from nn.network import Network
from tests.data.preprocess.test_drawings import draw

SIDE = 400
# Least share read of every file, and how much of it may be lost when drawn in another way.
FILES = {"chars74k_digits_550": 0.98, "pendigits_train_1500": 0.945}


def refused_or_blank(pictures):
    answers = [pretrained.read(preprocess(picture)) for picture in pictures]
    return np.mean([answer.refused or answer.digit is None for answer in answers])


def test_the_file_is_small_and_holds_what_the_program_needs():
    assert pretrained.FILE.stat().st_size <= 4 * 2**20
    network, about = weights_file.read(pretrained.FILE)
    np.testing.assert_array_equal(network.parameters, pretrained.network().parameters)
    assert pretrained.Refusal(**about["refusal"]) == pretrained.refusal()


def test_it_reads_the_held_out_and_the_test_pictures_of_mnist(mnist):
    learned, test = mnist
    for pictures, least in ((learned[55_000:], 0.992), (test, 0.993)):
        answers = pretrained.network().probabilities(pictures.images).argmax(axis=1)
        assert np.mean(answers == pictures.labels) >= least


def test_mnist_digits_are_seldom_refused(mnist):
    assert refused_or_blank(mnist[1].images[:500]) <= 0.02


def test_an_answer_is_the_likeliest_digit_and_its_probability():
    for picture in handwriting.make(20, seed=4).images:
        answer = pretrained.read(preprocess(picture))
        assert answer.digit == answer.probabilities.argmax()
        assert answer.confidence == answer.probabilities.max()
        assert answer.probabilities.sum() == pytest.approx(1, abs=1e-5)


def dot(radius):
    sheet = Image.new("L", (SIDE, SIDE), 255)
    box = (100 - radius, 200 - radius, 100 + radius, 200 + radius)
    ImageDraw.Draw(sheet).ellipse(box, fill=0)
    return np.asarray(sheet)


@pytest.mark.parametrize(
    "picture",
    [np.full((SIDE, SIDE), 255, np.uint8), np.zeros((SIDE, SIDE), np.uint8), *map(dot, (2, 9, 40))],
    ids=["white", "black", "dot of 2", "dot of 9", "dot of 40"],
)
def test_where_there_is_nothing_to_read_there_is_no_digit(picture):
    answer = pretrained.read(preprocess(picture))
    assert (answer.digit, answer.confidence, answer.refused) == (None, 0.0, False)
    assert not answer.probabilities.any()


def test_most_scribbles_are_refused():
    assert refused_or_blank(non_digits.make(450, seed=77)) >= 0.93


def test_most_noise_is_refused_or_blank():
    rng = np.random.default_rng(0)
    cells = [rng.random((side, side)) < share for side in (8, 14, 28) for share in (0.2, 0.3, 0.5)]
    coarse = [np.kron(cell, np.ones((7, 7))) for cell in cells]
    fine = [rng.random((140, 140)) for _ in range(9)]
    assert refused_or_blank(coarse + fine) >= 0.85


def test_the_longer_the_pens_way_the_surer_it_must_be(monkeypatch):
    """A long scribble and a digit for which the network speaks as loudly: one is refused."""
    monkeypatch.setattr(pretrained, "network", lambda: Network((784, 10)))  # all logits are 0
    digit = preprocess(handwriting.make(1, seed=0).images[0])
    ball = preprocess(non_digits.make(5, seed=0)[4])
    assert pretrained.way(ball) > pretrained.way(digit) + 1
    between = (pretrained.way(ball) + pretrained.way(digit)) / 2
    monkeypatch.setattr(pretrained, "refusal", lambda: pretrained.Refusal(1.0, -between))
    assert pretrained.read(ball).refused and not pretrained.read(digit).refused


@pytest.mark.parametrize("pen", [1, 3, 8])
def test_the_pens_way_is_counted_in_heights_of_the_digit_whatever_the_pen(pen):
    sheet = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(sheet).line((60, 50, 60, 350, 200, 350), 0, width=2 * pen)
    assert pretrained.way(preprocess(sheet)) == pytest.approx(440 / 300, rel=0.1)


def test_every_further_piece_is_an_effort_but_a_broken_stroke_is_one():
    def effort(*lines):
        sheet = Image.new("L", (SIDE, SIDE), 255)
        for line in lines:
            ImageDraw.Draw(sheet).line(line, 0, width=8)
        seen = preprocess(sheet)
        return pretrained.effort(seen) - pretrained.way(seen)

    bars = [(x, 50, x, 350) for x in (60, 160, 260)]
    assert [effort(*bars[:n]) for n in (1, 2, 3)] == [0, pretrained.PIECE, 2 * pretrained.PIECE]
    assert effort(*[(100, y, 100 + y // 3, y + 12) for y in range(50, 350, 22)]) == 0


def test_another_network_refuses_nothing():
    network = Network((784, 10))
    answers = [pretrained.read(preprocess(p), network) for p in non_digits.make(9, seed=3)]
    assert not any(answer.refused for answer in answers)


# Real people's drawings


@pytest.mark.parametrize(
    "how",
    [(1 / 40, 0.75, False), (1 / 20, 0.75, False), (1 / 10, 0.75, False), (1 / 80, 0.19, False),
     (1 / 40, 0.4, True)],
    ids=["a thin pen", "a pen", "a fat pen", "a quarter of the size", "in a corner"],
)  # fmt: skip
@pytest.mark.parametrize("file", FILES)
def test_drawings_are_read_and_not_refused(drawings, file, how):
    chosen = drawings(file)[::5]
    answers = [pretrained.read(preprocess(draw(one["strokes"], *how))) for one in chosen]
    labels = [one["label"] for one in chosen]
    right = np.array([answer.digit for answer in answers]) == labels
    assert right.mean() >= FILES[file]
    assert np.mean([answer.refused for answer in answers]) <= 0.02
    confident = np.array([answer.confidence for answer in answers])
    bins = np.minimum((confident * 10).astype(int), 9)
    error = sum(abs((right - confident)[bins == k].sum()) for k in range(10)) / len(right)
    assert error <= 0.04  # expected calibration error; of few drawings it is larger by chance
