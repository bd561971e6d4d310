"""Races: a few configurations that train on the same images in the same order.

This module knows which configurations may race each other; nn.runs.worker.race trains them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from nn.errors import FieldError, UserError
from nn.runs.spec import RunSpec

MIN_MEMBERS, MAX_MEMBERS = 2, 4
# A race has one of each, or it would not compare what it shows.
SAME_DATA = ("dataset", "extra_data")
# A race has one of each, unless that is all in which its members differ.
SAME_ORDER = ("train_size", "validation_size", "seed")


def vary(base: RunSpec, field: str, values: Iterable[Any]) -> list[RunSpec]:
    """``base`` with each value of one field. Raises UserError."""
    return [RunSpec.from_dict(asdict(base) | {field: value}) for value in values]


def check(specs: Sequence[RunSpec]) -> None:
    """Raise UserError unless these configurations can race each other."""
    if not MIN_MEMBERS <= len(specs) <= MAX_MEMBERS:
        raise UserError(
            f"A race has {MIN_MEMBERS} to {MAX_MEMBERS} configurations; got {len(specs)}."
        )
    if len(set(specs)) < len(specs):
        raise UserError("Two configurations of the race are the same. Change one of them.")
    first, *others = (asdict(spec) for spec in specs)
    differing = [name for name in first if any(other[name] != first[name] for other in others)]
    for name in differing:
        if name in SAME_DATA or (name in SAME_ORDER and len(differing) > 1):
            values = ", ".join(str(fields[name]) for fields in (first, *others))
            raise FieldError(
                name,
                f"must be the same for all members of a race, which see the same images in the "
                f"same order; got {values}.",
            )
