"""Each purpose of a seed draws numbers of its own; version 1 draws those of 0.1."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from nn.random_streams import AUGMENTATION, DROPOUT, INITIALIZATION, ORDER, stream

SEEDS = 0, 1, 2, 3, 4, 2**32 - 1
STREAMS = [
    *((INITIALIZATION, seed) for seed in SEEDS),
    *((ORDER, seed, epoch) for seed, epoch in product(SEEDS, range(3))),
    *(
        (purpose, seed, epoch, batch)
        for purpose, seed, epoch, batch in product((DROPOUT, AUGMENTATION), SEEDS, (0, 1), (0, 1))
    ),
]


def first_number(rng):
    return int(rng.integers(2**63))


def test_no_two_streams_are_equal():
    assert len({first_number(stream(*one)) for one in STREAMS}) == len(STREAMS)


def test_the_same_purpose_seed_and_indices_give_the_same_stream():
    for one in STREAMS:
        assert first_number(stream(*one)) == first_number(stream(*one))


def test_version_1_gives_the_streams_of_0_1():
    for purpose, indices, seed in (
        (INITIALIZATION, (), 7),
        (ORDER, (3,), [7, 3]),
        (DROPOUT, (3, 4), [7, 3, 4]),
        (AUGMENTATION, (3, 4), [7, 3, 4, 1]),
    ):
        expected = first_number(np.random.default_rng(seed))
        assert first_number(stream(purpose, 7, *indices, version=1)) == expected


def test_streams_that_collide_in_version_1_differ_in_version_2():
    colliding = (INITIALIZATION, 7), (ORDER, 7, 0), (DROPOUT, 7, 0, 0)
    assert len({first_number(stream(*one, version=1)) for one in colliding}) == 1
    assert len({first_number(stream(*one, version=2)) for one in colliding}) == 3


@pytest.mark.parametrize("version", [0, 3, "2"])
def test_an_unknown_version_is_an_error(version):
    with pytest.raises(ValueError, match="version must be 1 or 2; got"):
        stream(ORDER, 0, 0, version=version)
