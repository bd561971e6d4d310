from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import IMAGE_SIDE
from nn.augmentation import Ranges, augment
from nn.data.synthetic import handwriting

NONE = Ranges(shift=0, rotation=0, scale=0, shear=0, elastic=0, stroke_width=0)
grid = np.arange(IMAGE_SIDE)


@pytest.fixture(scope="module")
def digits():
    """(300, 784) uint8: drawn digits."""
    return handwriting.make(300, seed=5).images.reshape(300, -1)


def varied(images, seed=0, strength=1.0, ranges=None):
    out = np.full(images.shape, np.nan, np.float32)
    options = {} if ranges is None else {"ranges": ranges}
    augment(images, np.random.default_rng(seed), out, strength, **options)
    return out


def framed(images):
    return images.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)


def center_of_mass(images):
    """Centers of mass: (n, 2), x and y."""
    stroke = framed(images).astype(float)
    return (
        np.stack([(stroke.sum(axis=axis) * grid).sum(axis=1) for axis in (1, 2)], axis=1)
        / (stroke.sum(axis=(1, 2))[:, None])
    )


def slant(images):
    """The angle of each image's longer axis of inertia, in radians from upright."""
    stroke, middle = framed(images).astype(float), center_of_mass(images)
    x, y = grid - middle[:, :1], grid - middle[:, 1:]
    xx = (stroke.sum(axis=1) * x**2).sum(axis=1)
    yy = (stroke.sum(axis=2) * y**2).sum(axis=1)
    xy = (stroke * x[:, None, :] * y[:, :, None]).sum(axis=(1, 2))
    return 0.5 * np.arctan2(2 * xy, yy - xx)


@given(st.integers(0, 2**32 - 1), st.integers(1, 150))
def test_strength_0_leaves_images_unchanged(digits, seed, count):
    assert np.abs(varied(digits[:count], seed, strength=0) - digits[:count] / 255).max() < 1e-4


def test_the_same_generator_gives_the_same_images_and_another_gives_others(digits):
    assert varied(digits, 1).tobytes() == varied(digits, 1).tobytes()
    assert np.abs(varied(digits, 1) - varied(digits, 2)).max(axis=1).min() > 0.1


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.3, 1, 2]))
def test_pixels_stay_between_0_and_1(digits, seed, strength):
    out = varied(digits[:65], seed, strength)
    assert out.min() > -1e-5 and out.max() < 1 + 1e-5  # rounding


def test_float64_is_filled_too(digits):
    out = np.empty(digits.shape)
    augment(digits, np.random.default_rng(0), out)
    np.testing.assert_allclose(out, varied(digits), atol=1e-6)


def test_a_shift_moves_the_whole_digit_and_nothing_else(digits):
    inside = framed(digits)[:, 3:-3, 3:-3].sum(axis=(1, 2)) == digits.sum(axis=1)
    digits = digits[inside]
    assert len(digits) > 50
    out = varied(digits, ranges=NONE._replace(shift=2))
    moved = center_of_mass(out) - center_of_mass(digits)
    assert 1.5 < np.abs(moved).max() < 2.01
    assert np.abs(moved.mean(axis=0)).max() < 0.3  # in all directions
    np.testing.assert_allclose(out.sum(axis=1), digits.sum(axis=1) / 255, rtol=0.01)


def test_rotation_turns_within_its_range_both_ways():
    bar = np.zeros((400, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    bar[:, 4:24, 13:15] = 255
    rotated = slant(varied(bar.reshape(400, -1), ranges=NONE._replace(rotation=0.3)))
    assert rotated.min() < -0.25 and rotated.max() > 0.25
    assert np.abs(rotated).max() < 0.31


def test_scale_changes_width_and_height_independently():
    square = np.zeros((400, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    square[:, 9:19, 9:19] = 255
    out = framed(varied(square.reshape(400, -1), ranges=NONE._replace(scale=0.2)))
    width, height = out[:, 14].sum(axis=1), out[:, :, 14].sum(axis=1)
    for side in (width, height):
        assert 10 * np.exp(-0.2) - 0.3 < side.min() < 8.6
        assert 11.6 < side.max() < 10 * np.exp(0.2) + 0.3
    assert abs(np.corrcoef(width, height)[0, 1]) < 0.3


def test_a_shear_leans_the_top_over_and_keeps_the_rows():
    bar = np.zeros((200, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    bar[:, 4:24, 13:15] = 255
    out = varied(bar.reshape(200, -1), ranges=NONE._replace(shear=0.3))
    np.testing.assert_allclose(framed(out).sum(axis=2), framed(bar / 255).sum(axis=2), atol=1e-3)
    assert 0.25 < np.tan(np.abs(slant(out)).max()) < 0.31


def test_the_elastic_field_has_its_size_and_its_smoothness():
    """Displacements are visible in a ramp, whose value is its x coordinate."""
    row = np.arange(IMAGE_SIDE, dtype=np.uint8) * 8
    ramp = np.tile(row, (2000, IMAGE_SIDE, 1)).reshape(2000, -1)
    out = framed(varied(ramp, ranges=NONE._replace(elastic=0.7, elastic_sigma=4.0))) * 255 / 8
    moved = (out - grid)[:, 8:20, 8:20]  # away from the sides, where the ramp ends
    assert abs(moved.std() - 0.7) < 0.03
    assert np.abs(moved.mean(axis=0)).max() < 0.1
    # White noise smoothed by a Gaussian of σ correlates as exp(−d² / 4σ²) over a distance d.
    for distance in (2, 4, 8):
        far = (moved[:, :, distance:] * moved[:, :, :-distance]).mean() / moved.var()
        assert abs(far - np.exp(-(distance**2) / (4 * 4.0**2))) < 0.04


def test_stroke_width_changes_only_the_edges_of_strokes(digits):
    stroke = framed(digits / 255)
    out = framed(varied(digits, ranges=NONE._replace(stroke_width=1.0)))
    around = np.pad(stroke, ((0, 0), (1, 1), (1, 1)))
    moved = [around[:, 1:-1, 1:-1], around[:, 2:, 1:-1], around[:, :-2, 1:-1]]
    moved += [around[:, 1:-1, 2:], around[:, 1:-1, :-2]]
    assert (out <= np.max(moved, axis=0) + 1e-4).all()
    assert (out >= np.min(moved, axis=0) - 1e-4).all()
    change = out.sum(axis=(1, 2)) / stroke.sum(axis=(1, 2))
    assert change.min() < 0.6 and change.max() > 1.4
