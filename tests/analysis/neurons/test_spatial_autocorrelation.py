"""Structure: Moran's I pair by pair; noise is none, a stroke is much."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.spatial_autocorrelation import structure


def slowly(picture):
    w = picture.reshape(28, 28).astype(float)
    w -= w.mean()
    pairs = [(w[y, x], w[y, x + 1]) for y in range(28) for x in range(27)]
    pairs += [(w[y, x], w[y + 1, x]) for y in range(27) for x in range(28)]
    return np.mean([a * b for a, b in pairs]) / np.mean(w * w)


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((5, 784)).astype(np.float32)


def test_it_is_the_mean_over_all_neighbors(noise):
    smooth = noise.cumsum(axis=1)
    found = structure(np.concatenate([noise, smooth]))
    slow = [slowly(picture) for picture in (*noise, *smooth)]
    np.testing.assert_allclose(found, slow, atol=1e-5)
    assert np.abs(found[:5]).max() < 0.1


def test_neither_strength_nor_a_constant_counts(noise):
    np.testing.assert_allclose(structure(5 * noise + 2), structure(noise), atol=1e-4)


def test_strokes_have_much_a_chessboard_the_opposite_an_even_picture_none():
    y, x = np.mgrid[:28, :28]
    stroke = (np.abs(x - y) < 4).ravel()
    chess = ((x + y) % 2).ravel()
    found = structure(np.array([stroke, chess, np.zeros(784), np.full(784, 0.25)]))
    assert found[0] > 0.8 and found[1] == pytest.approx(-1) and not found[2:].any()
