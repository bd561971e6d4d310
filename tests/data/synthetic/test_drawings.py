from __future__ import annotations

import numpy as np
import pytest

from nn.data.preprocess.connected_components import label
from nn.data.synthetic import drawings
from nn.data.synthetic.forms import FORMS, NON_DIGIT_FORMS
from nn.data.synthetic.handwriting import POINTS, path_samples, write
from nn.data.synthetic.pen import scale_and_center
from nn.losses import NO_CLASS

SEVEN = FORMS[7]["barred"]  # three paths


MAKERS = [drawings.make_digits, drawings.make_turned_ones, drawings.make_non_digits]


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_seed_gives_the_same_images(make):
    images, again, other = (make(80, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(images.images, again.images)
    np.testing.assert_array_equal(images.labels, again.labels)
    assert not np.array_equal(images.images, other.images)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("count", [0, 1, 50])
def test_there_are_as_many_images_as_asked_for_and_none_is_blank(make, count):
    made = make(count, seed=3)
    assert made.images.shape == (count, 28, 28) and made.labels.shape == (count,)
    assert made.images.dtype == made.labels.dtype == np.uint8
    assert (made.images.max(axis=(1, 2)) > 150).all()


def test_digits_are_drawn_as_often_as_their_shares_say():
    labels = drawings.make_digits(8000, seed=0).labels
    shares = np.bincount(labels, minlength=10) / len(labels)
    assert sum(drawings.DIGIT_SHARES) == pytest.approx(1)
    np.testing.assert_allclose(shares, drawings.DIGIT_SHARES, atol=0.04)


def test_turned_ones_lean_to_the_right(monkeypatch):
    def lean(images):
        """Mean of x times the distance from the bottom, both from the center: ink-weighted."""
        y, x = np.mgrid[:28, :28] - 13.5
        return np.mean([np.average(-x * y, weights=image) for image in images])

    turned = drawings.make_turned_ones(400, seed=1)
    monkeypatch.setattr(drawings, "MAX_TURN", 0.0)
    upright = drawings.make_turned_ones(400, seed=1)
    assert set(turned.labels) == {1}
    assert lean(turned.images) > lean(upright.images) + 2


def test_non_digits_have_no_class():
    assert set(drawings.make_non_digits(60, seed=0).labels) == {NO_CLASS}


def test_every_form_is_drawn_in_the_frame_of_mnist():
    forms = [form for named in FORMS.values() for form in named.values()]
    for form in [*forms, *NON_DIGIT_FORMS.values()]:
        for image in drawings.draw_form(form, 3, seed=0):
            rows, columns = (np.flatnonzero((image > 60).any(axis=axis)) for axis in (1, 0))
            assert 15 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 24


def paths_of_seven(count=6):
    points = write(SEVEN, count, np.random.default_rng(0))
    return scale_and_center(points, np.full(count, 1.2, np.float32)), path_samples(SEVEN)


def test_straight_lines_go_through_points_of_the_curve_and_end_where_each_path_ends():
    points, counts = paths_of_seven()
    drawn = drawings._straight_lines(points, counts, np.random.default_rng(1))
    assert drawn.shape == points.shape
    ends = np.cumsum(counts) - 1
    np.testing.assert_allclose(drawn[:, ends], points[:, ends], atol=1e-4)
    np.testing.assert_allclose(drawn[:, ends[:-1] + 1], points[:, ends[:-1] + 1], atol=1e-4)
    bends = np.abs(np.diff(drawn, 2, axis=1)).max(axis=2) > 1e-3
    assert bends.mean() < 0.4 < (np.abs(np.diff(points, 2, axis=1)).max(axis=2) > 1e-3).mean()


def test_dots_leave_few_different_points():
    points, counts = paths_of_seven()
    drawn = drawings._dots(points, counts, np.random.default_rng(0))
    for drawing in drawn:
        assert POINTS / 9 <= len(np.unique(drawing, axis=0)) <= POINTS / 4 + 1


def test_a_lifted_pen_leaves_a_gap_in_each_drawing():
    points, counts = paths_of_seven()
    drawn = drawings._lifted(points, counts, np.random.default_rng(0))
    for before, after in zip(points, drawn, strict=True):
        changed = np.flatnonzero((before != after).any(axis=1))
        assert 3 <= len(changed) <= 11 and np.ptp(changed) == len(changed) - 1


def test_a_scan_is_stretched_to_a_square():
    stem = np.zeros((4, 28, 28), np.uint8)
    stem[:, 4:24, 13:15] = 255  # a 1
    stem[:, 4:7, 7:15] = 255  # and its flag
    for image in drawings._scanned(stem, np.random.default_rng(0)):
        assert label(image > 100)[1] == 1
        rows, columns = (np.flatnonzero((image > 100).any(axis=axis)) for axis in (1, 0))
        assert np.ptp(columns) + 1 > 12, "it was 8 pixels wide"
        assert np.ptp(rows) + 1 >= 18


def test_speckle_fills_a_square_at_random():
    for seed in range(5):
        image = drawings._speckle(np.random.default_rng(seed))
        assert image.dtype == np.uint8 and min(image.shape) >= 120
        assert image.max() == 255 and 0.02 < (image < 200).mean() < 0.7
