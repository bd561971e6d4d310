"""My digits: stored unchanged, separately for each visitor."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy

from nn.errors import UserError
from nn.runs import my_digits
from nn.runs.my_digits import Labeled
from nn.runs.store import schema

ME, OTHER = "me", "other"


def digit(label: int, seed: int = 0) -> Labeled:
    image = np.random.default_rng(seed).integers(0, 256, (28, 28), np.uint8)
    return Labeled(label, image, [[[1.5, 2.0], [3.0, 4.0]]])


def test_added_digits_are_stored_in_order(store):
    my_digits.add(store, ME, [digit(7, 1), digit(3, 2)])
    my_digits.add(store, ME, [digit(0, 3)._replace(strokes=[])])
    found = list(my_digits.load(store, ME).values())
    assert [d.label for d in found] == [7, 3, 0]
    np.testing.assert_array_equal(found[1].image, digit(3, 2).image)
    assert found[0].strokes == [[[1.5, 2.0], [3.0, 4.0]]] and found[2].strokes == []
    data = my_digits.dataset(found)
    assert data.images.shape == (3, 28, 28) and data.labels.tolist() == [7, 3, 0]


@pytest.mark.parametrize("damage", [{"strokes": "[[["}, {"image": b"short"}, {"label": 10}])
def test_a_damaged_digit_is_left_out_and_the_others_are_there(store, damage, caplog):
    my_digits.add(store, ME, [digit(7), digit(3)])
    first = min(my_digits.load(store, ME))
    with store.writing() as connection:
        damaged = schema.my_digits.c.id == first
        connection.execute(sqlalchemy.update(schema.my_digits).where(damaged).values(**damage))
    assert [each.label for each in my_digits.load(store, ME).values()] == [3]
    assert f"Digit {first} of My digits cannot be read" in caplog.text


def test_a_visitor_cannot_see_or_delete_anothers_digits(store):
    my_digits.add(store, ME, [digit(1)])
    my_digits.add(store, OTHER, [digit(2)])
    [number] = my_digits.load(store, OTHER)
    my_digits.delete(store, ME, [number])
    assert list(my_digits.load(store, OTHER)) == [number]
    my_digits.delete(store, OTHER, [number])
    assert not my_digits.load(store, OTHER) and len(my_digits.load(store, ME)) == 1


def test_adding_nothing_stores_nothing(store):
    my_digits.add(store, ME, [])
    assert not my_digits.load(store, ME)


def test_a_visitor_without_a_cookie_cannot_add_digits(store):
    with pytest.raises(UserError, match="cookie"):
        my_digits.add(store, "", [digit(1)])


def test_digits_beyond_the_maximum_are_rejected_as_a_whole(store, monkeypatch):
    monkeypatch.setattr(my_digits, "MAX_DIGITS", 3)
    my_digits.add(store, ME, [digit(1), digit(2)])
    with pytest.raises(UserError, match="up to 3"):
        my_digits.add(store, ME, [digit(3), digit(4)])
    assert len(my_digits.load(store, ME)) == 2
