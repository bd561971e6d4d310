from __future__ import annotations

import numpy as np
import pytest

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import non_digits


@pytest.mark.parametrize("kind", non_digits.KINDS)
def test_no_kind_of_scribble_is_blank_and_no_two_are_the_same(monkeypatch, kind):
    monkeypatch.setattr(non_digits, "KINDS", {kind: non_digits.KINDS[kind]})
    made = non_digits.make(12, seed=1)
    assert len({picture.tobytes() for picture in made}) == 12
    assert not any(preprocess(picture).blank for picture in made)


def test_a_scribble_is_dark_on_white_and_leaves_the_edge_free():
    for picture in non_digits.make(60, seed=2):
        assert (picture.shape, picture.dtype) == ((non_digits.SIDE, non_digits.SIDE), np.uint8)
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (edge == 255).all() and picture.min() == 0


def test_the_same_seed_makes_the_same_and_another_makes_others():
    one, again, other = (np.stack(non_digits.make(20, seed)) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any(axis=(1, 2)).all()
