from __future__ import annotations

import json

import numpy as np
import pytest

from nn.analysis.model_card import views
from nn.errors import UserError

SEVEN = [[(0, 0), (50, 0), (30, 100)], [(10, 50), (45, 50)]]


def box(sheet):
    """(top, bottom, left, right) of the strokes."""
    rows, columns = (np.flatnonzero((sheet < 128).any(axis=axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


@pytest.mark.parametrize("name", views.VIEWS)
def test_every_view_shows_the_whole_drawing(name):
    sheet = views.VIEWS[name](SEVEN)
    assert sheet.shape == (views.SIDE, views.SIDE) and sheet.dtype == np.uint8
    top, bottom, left, right = box(sheet)
    assert min(top, left) > 0 and max(bottom, right) < views.SIDE


def test_size_pen_and_position_are_shares_of_the_canvas():
    top, bottom, _, _ = box(views.render(SEVEN, pen=1 / 60, size=0.5))
    assert bottom - top == pytest.approx(300 + 10, abs=2)
    top, _, left, _ = box(views.render(SEVEN, pen=1 / 60, size=0.4, corner=True))
    assert (top, left) == pytest.approx((48 - 5, 48 - 5), abs=2)


def test_a_positive_rotation_is_clockwise():
    stem = [[(0, 0), (0, 100)]]
    sheet = views.render(stem, pen=1 / 60, rotation=15)
    top, bottom = (
        np.flatnonzero(sheet[row] < 128).mean() for row in (box(sheet)[0] + 3, box(sheet)[1] - 4)
    )
    assert top - bottom > 50, "its top has moved to the right"


def test_a_single_point_is_a_dot():
    assert box(views.render([[(3, 3)]], pen=1 / 60)) == pytest.approx((295, 305, 295, 305), abs=2)


def write(folder, drawings):
    for file in views.FILES:
        (folder / file).write_text(json.dumps(drawings))


def test_half_of_the_writers_are_for_choosing_and_the_others_reported(tmp_path):
    write(tmp_path, [{"label": 7, "writer": f"w{k}", "strokes": SEVEN} for k in range(200)])
    for drawings, name in zip(views.load(tmp_path), views.FILES.values(), strict=True):
        assert drawings.name == name and drawings.labels.tolist() == [7] * 200
        assert 70 < drawings.reported.sum() < 130
        assert drawings.reported[0] != views.is_for_choosing("w0")


def test_all_drawings_of_a_writer_are_in_the_same_half(tmp_path):
    write(tmp_path, [{"label": 7, "writer": k % 3, "strokes": SEVEN} for k in range(30)])
    reported = views.load(tmp_path)[0].reported.reshape(10, 3)
    assert (reported == reported[0]).all()


def test_missing_drawings_are_a_user_error(tmp_path):
    with pytest.raises(
        UserError, match=r"chars74k_digits_550.json cannot be read.*Choose a folder"
    ):
        views.load(tmp_path)
