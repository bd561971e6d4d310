"""Pinned drawings: a visitor's drawings whose prediction is followed while networks train."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from nn.runs.store import schema
from nn.runs.store.store import RunStore

MAX_PINS = 4  # a visitor; the oldest go first


def load(store: RunStore, owner: str) -> list[bytes]:
    """The visitor's pins, each 28 × 28 bytes in MNIST's format, oldest first."""
    p = schema.pins.c
    rows = store.rows(select(p.image).where(p.owner == owner).order_by(p.id))
    return [row.image for row in rows]


def save(store: RunStore, owner: str, images: Sequence[bytes]) -> None:
    """Replace the visitor's pins by the last MAX_PINS of these."""
    with store.writing() as connection:
        connection.execute(delete(schema.pins).where(schema.pins.c.owner == owner))
        if images:  # inserting no rows would insert one of defaults
            rows = [{"owner": owner, "image": image} for image in images[-MAX_PINS:]]
            connection.execute(insert(schema.pins), rows)
