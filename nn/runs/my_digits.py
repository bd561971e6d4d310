"""My digits: a visitor's labeled drawings, in the store."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy
from numpy.typing import NDArray
from sqlalchemy import func, insert, select

from nn.data.dataset import Dataset
from nn.data.synthetic.render_strokes import Strokes
from nn.errors import UserError
from nn.runs.store import clock, schema
from nn.runs.store.store import RunStore

MAX_DIGITS = 5_000  # a visitor

log = logging.getLogger(__name__)


class Labeled(NamedTuple):
    label: int  # 0–9
    image: NDArray[np.uint8]  # (28, 28), preprocessed as MNIST
    strokes: Strokes  # pen paths; empty for an uploaded image


def add(store: RunStore, owner: str, digits: Sequence[Labeled]) -> None:
    """Add all of them or none. Raises UserError without an owner, and above MAX_DIGITS."""
    if not owner:
        raise UserError(
            "My digits needs a cookie, but your browser does not keep it. Allow cookies for this "
            "site, then reload the page."
        )
    if not digits:  # inserting no rows would insert one of defaults
        return
    d = schema.my_digits.c
    with store.exclusive() as connection:
        held = connection.scalar(select(func.count()).where(d.owner == owner)) or 0
        if held + len(digits) > MAX_DIGITS:
            raise UserError(
                f"My digits holds up to {MAX_DIGITS:,} drawings; you have {held:,} and are adding "
                f"{len(digits):,}. Delete some first."
            )
        connection.execute(
            insert(schema.my_digits).values(created=clock.now()),
            [
                {
                    "owner": owner,
                    "label": digit.label,
                    "image": np.ascontiguousarray(digit.image, np.uint8).tobytes(),
                    "strokes": json.dumps(digit.strokes),
                }
                for digit in digits
            ],
        )


def load(store: RunStore, owner: str) -> dict[int, Labeled]:
    """The visitor's digits by id, oldest first, without damaged ones."""
    d = schema.my_digits.c
    query = select(d.id, d.label, d.image, d.strokes).where(d.owner == owner).order_by(d.id)
    digits = {}
    for row in store.rows(query):
        try:
            image = np.frombuffer(row.image, np.uint8).reshape(28, 28)
            if row.label not in range(10):
                raise ValueError(f"label {row.label!r}")
            digits[row.id] = Labeled(row.label, image, json.loads(row.strokes))
        except (ValueError, TypeError, RecursionError) as error:
            log.warning("Digit %s of My digits cannot be read: %s", row.id, error)
    return digits


def delete(store: RunStore, owner: str, ids: Collection[int]) -> None:
    """Delete digits by id; other visitors' digits are never deleted."""
    d = schema.my_digits.c
    with store.writing() as connection:
        connection.execute(
            sqlalchemy.delete(schema.my_digits).where(d.owner == owner, d.id.in_(ids))
        )


def dataset(digits: Collection[Labeled]) -> Dataset:
    """At least one digit, as a data set."""
    return Dataset(
        np.stack([digit.image for digit in digits]),
        np.array([digit.label for digit in digits], np.uint8),
        "my digits",
    )
