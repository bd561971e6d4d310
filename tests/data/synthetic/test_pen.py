from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.data.synthetic.pen import rasterize, scale_and_center, spline


@given(controls=st.integers(2, 12), each=st.integers(1, 9))
def test_a_spline_passes_through_its_control_points(controls, each):
    matrix = spline(controls, samples=(controls - 1) * each + 1)

    np.testing.assert_allclose(matrix[::each], np.eye(controls), atol=1e-12)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)  # so it moves with its points


def test_a_dot_is_drawn_as_a_disc_of_its_radius():
    dot = np.full((1, 5, 2), 14.0, np.float32)
    for radius in (1.0, 3.0):
        pixels = rasterize(dot, np.full((1, 5), radius, np.float32))[0] / 255
        assert pixels.sum() == pytest.approx(np.pi * radius**2, rel=0.1)
        np.testing.assert_array_equal(pixels, pixels.T)
        np.testing.assert_array_equal(pixels, pixels[::-1, ::-1])


def test_more_pressure_makes_a_wider_stroke():
    line = np.stack([np.full(100, 14.0), np.linspace(4, 24, 100)], axis=-1)[None].astype(np.float32)
    radius = np.linspace(0.8, 2.4, 100, dtype=np.float32)[None]

    across = rasterize(line, radius)[0].sum(axis=1) / 255

    assert (np.diff(across[6:23]) > 0).all()
    assert across[6] == pytest.approx(2 * radius[0, 12], abs=0.3)


@given(scale=st.floats(0.01, 100), x=st.floats(-50, 50), y=st.floats(-50, 50))
def test_the_result_does_not_depend_on_scale_and_position(scale, x, y):
    path = np.array([[(0, 0), (1, 0.2), (0.3, 1), (0.8, 1.4)]]) @ np.eye(2)
    path = np.einsum("sk,nkx->nsx", spline(4, 60), path)
    radius = np.array([1.0])

    expected = scale_and_center(path, radius)

    np.testing.assert_allclose(np.ptp(expected, axis=1).max(), 18)
    np.testing.assert_allclose(scale_and_center(path * scale + (x, y), radius), expected, atol=1e-6)
