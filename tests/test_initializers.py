from __future__ import annotations

import numpy as np
import pytest

from nn.initializers import INITIALIZERS

every = pytest.mark.parametrize("name", INITIALIZERS)


def drawn(name: str, inputs: int, outputs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    W, b = np.full((inputs, outputs), np.nan, np.float32), np.full(outputs, np.nan, np.float32)
    INITIALIZERS[name](np.random.default_rng(seed), W, b)
    return W, b


@pytest.mark.parametrize(
    "name, spread, bias_spread",
    [
        ("he", np.sqrt(2 / 80), 0),
        ("lecun", np.sqrt(1 / 80), 0),
        ("uniform", np.sqrt(1 / 3), np.sqrt(1 / 3)),
        ("normal", 1, 1),
    ],
)
def test_weights_and_biases_have_the_spread_of_their_source(name, spread, bias_spread):
    W, b = drawn(name, inputs=80, outputs=5000)

    assert W.std() == pytest.approx(spread, rel=0.02)
    assert abs(W.mean()) < 0.01 * spread
    assert b.std() == pytest.approx(bias_spread, rel=0.05)
    assert abs(b.mean()) <= 0.05 * bias_spread


def test_uniform_stays_within_one():
    W, b = drawn("uniform", 80, 5000)
    assert 0.99 < np.abs(W).max() <= 1
    assert 0.99 < np.abs(b).max() <= 1


@every
def test_the_same_generator_gives_the_same_weights(name):
    for ours, again, other in zip(
        drawn(name, 7, 5, seed=1), drawn(name, 7, 5, seed=1), drawn(name, 7, 5, seed=2), strict=True
    ):
        np.testing.assert_array_equal(ours, again)
        assert not ours.any() or not np.array_equal(ours, other)
