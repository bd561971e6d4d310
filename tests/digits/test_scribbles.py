from __future__ import annotations

import numpy as np
import pytest

from nn.digits import scribbles
from nn.digits.normalise import normalise


@pytest.mark.parametrize("kind", scribbles.KINDS)
def test_no_kind_of_scribble_is_blank_and_no_two_are_the_same(monkeypatch, kind):
    monkeypatch.setattr(scribbles, "KINDS", {kind: scribbles.KINDS[kind]})
    made = scribbles.make(12, seed=1)
    assert len({picture.tobytes() for picture in made}) == 12
    assert not any(normalise(picture).blank for picture in made)


def test_a_scribble_is_dark_on_white_and_leaves_the_edge_free():
    for picture in scribbles.make(60, seed=2):
        assert (picture.shape, picture.dtype) == ((scribbles.SIDE, scribbles.SIDE), np.uint8)
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (edge == 255).all() and picture.min() == 0


def test_the_same_seed_makes_the_same_and_another_makes_others():
    one, again, other = (np.stack(scribbles.make(20, seed)) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any(axis=(1, 2)).all()
