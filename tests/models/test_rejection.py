"""The rejection rule: the longer and the more pieces, the higher the logit must be."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import handwriting, non_digits
from nn.models.rejection import EXTRA_PIECE, RejectionRule, stroke_complexity, stroke_length

SIDE = 400


def drawn(*lines, width=8):
    canvas = Image.new("L", (SIDE, SIDE), 255)
    for line in lines:
        ImageDraw.Draw(canvas).line(line, 0, width=width)
    return preprocess(canvas)


def test_at_the_same_logit_a_scribble_is_rejected_and_a_digit_is_not():
    digit = preprocess(handwriting.make(1, seed=0).images[0])
    scribble = preprocess(non_digits.make(5, seed=0)[4])
    assert stroke_length(scribble) > stroke_length(digit) + 1
    between = (stroke_length(scribble) + stroke_length(digit)) / 2
    rule, logits = RejectionRule(1.0, -between), np.zeros(10)
    assert rule.rejects(logits, scribble)
    assert not rule.rejects(logits, digit)


def test_an_image_is_rejected_below_the_threshold_and_not_at_it():
    line = drawn((200, 50, 200, 350))
    logits = np.arange(10.0)
    score = 9 - 2 * stroke_complexity(line)
    assert not RejectionRule(2.0, score).rejects(logits, line)
    assert RejectionRule(2.0, np.nextafter(score, np.inf)).rejects(logits, line)


@pytest.mark.parametrize("width", [2, 6, 16])
def test_stroke_length_counts_heights_of_the_digit_whatever_the_pen(width):
    corner = drawn((60, 50, 60, 350, 200, 350), width=width)
    assert stroke_length(corner) == pytest.approx(440 / 300, rel=0.1)


def test_every_further_piece_adds_complexity_but_a_broken_stroke_is_one_piece():
    def added(*lines):
        image = drawn(*lines)
        return stroke_complexity(image) - stroke_length(image)

    bars = [(50, y, 350, y) for y in (60, 160, 260)]  # side by side they would be several digits
    assert [added(*bars[:n]) for n in (1, 2, 3)] == pytest.approx([0, EXTRA_PIECE, 2 * EXTRA_PIECE])
    assert added(*[(100, y, 100 + y // 3, y + 12) for y in range(50, 350, 22)]) == 0


@pytest.mark.parametrize("noise", ["normal", "salt and pepper"])
@pytest.mark.parametrize("side", [150, 280])
def test_noise_adds_no_complexity(noise, side):
    for digit in handwriting.make(10, seed=2).images:
        large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
        clean = np.asarray(large).astype(float)
        rng = np.random.default_rng(0)
        if noise == "normal":
            noisy = clean + rng.normal(0, 25, clean.shape)
        else:
            noisy = np.where(
                rng.random(clean.shape) < 0.1, rng.choice([0, 255], clean.shape), clean
            )
        complexity = stroke_complexity(preprocess(noisy.clip(0, 255).astype(np.uint8)))
        assert complexity == pytest.approx(stroke_complexity(preprocess(large)), rel=0.12)
