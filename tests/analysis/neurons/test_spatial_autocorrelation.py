"""Moran's I pair by pair: about 0 for noise, high for strokes."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.spatial_autocorrelation import spatial_autocorrelation


def slowly(weight_map):
    w = weight_map.reshape(28, 28).astype(float)
    w -= w.mean()
    pairs = [(w[y, x], w[y, x + 1]) for y in range(28) for x in range(27)]
    pairs += [(w[y, x], w[y + 1, x]) for y in range(27) for x in range(28)]
    return np.mean([a * b for a, b in pairs]) / np.mean(w * w)


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((5, 784)).astype(np.float32)


def test_it_is_the_mean_over_all_pairs_of_neighbors(noise):
    smoothed = noise.cumsum(axis=1)
    found = spatial_autocorrelation(np.concatenate([noise, smoothed]))
    slow = [slowly(weight_map) for weight_map in (*noise, *smoothed)]
    np.testing.assert_allclose(found, slow, atol=1e-5)
    assert np.abs(found[:5]).max() < 0.1


def test_scale_and_offset_do_not_matter(noise):
    np.testing.assert_allclose(
        spatial_autocorrelation(5 * noise + 2), spatial_autocorrelation(noise), atol=1e-4
    )


def test_strokes_are_high_a_checkerboard_is_negative_a_constant_is_zero():
    y, x = np.mgrid[:28, :28]
    stroke = (np.abs(x - y) < 4).ravel()
    checkerboard = ((x + y) % 2).ravel()
    found = spatial_autocorrelation(
        np.array([stroke, checkerboard, np.zeros(784), np.full(784, 0.25)])
    )
    assert found[0] > 0.8 and found[1] == pytest.approx(-1) and not found[2:].any()
