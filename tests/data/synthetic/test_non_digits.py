from __future__ import annotations

import numpy as np
import pytest

from nn.data.preprocess.pipeline import Problem, preprocess
from nn.data.synthetic import non_digits


@pytest.mark.parametrize("kind", non_digits.KINDS)
def test_no_scribble_is_blank_and_no_two_are_equal(monkeypatch, kind):
    monkeypatch.setattr(non_digits, "KINDS", {kind: non_digits.KINDS[kind]})
    scribbles = non_digits.make(12, seed=1)
    assert len({image.tobytes() for image in scribbles}) == 12
    assert not any(preprocess(image).problem is Problem.BLANK for image in scribbles)


def test_a_scribble_is_dark_on_white_and_leaves_the_border_empty():
    for image in non_digits.make(60, seed=2):
        assert (image.shape, image.dtype) == ((non_digits.SIDE, non_digits.SIDE), np.uint8)
        border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        assert (border == 255).all() and image.min() == 0


def test_the_same_seed_gives_the_same_scribbles_and_another_gives_others():
    one, again, other = (np.stack(non_digits.make(20, seed)) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any(axis=(1, 2)).all()
