"""Pins: each visitor's own, the newest few."""

from __future__ import annotations

from nn.runs import pins
from nn.runs.pins import MAX_PINS


def test_each_visitor_has_their_own_and_replaces_them(store):
    pins.save(store, "ann", [b"1", b"2"])
    pins.save(store, "bob", [b"3"])
    assert pins.load(store, "ann") == [b"1", b"2"]
    pins.save(store, "ann", [b"2"])
    assert (pins.load(store, "ann"), pins.load(store, "bob")) == ([b"2"], [b"3"])
    pins.save(store, "ann", [])
    assert pins.load(store, "ann") == []


def test_the_newest_are_kept(store):
    images = [bytes([number]) for number in range(MAX_PINS + 3)]
    pins.save(store, "ann", images)
    assert pins.load(store, "ann") == images[3:]
