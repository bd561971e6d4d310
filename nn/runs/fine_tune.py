"""Tune: a run that goes on from a network, learning a visitor's own digits beside the others."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from nn.data import extra_data, sources
from nn.errors import UserError
from nn.runs import load_network, my_digits
from nn.runs.spec import RunSpec
from nn.runs.store.run import Run
from nn.runs.store.store import RunStore

MIN_DIGITS = 5  # own digits: fewer say nothing of a hand
# Of so many or more, one in HOLD_OUT_EVERY is not learned, to see how the next ones will be read.
HOLD_OUT_FROM, HOLD_OUT_EVERY = 25, 5

# Gentle, for the network can already read, and short, for somebody waits.
SETTINGS: dict[str, Any] = {"lr": 0.02, "epochs": 2, "augmentation": 0.5, "batch_size": 128}
NAME_SUFFIX = ", fine-tuned"


def create_run(store: RunStore, owner: str, start: str, name: str) -> Run:
    """Record the run, queued, that goes on from ``start`` (see RunSpec) with My digits.

    It learns MNIST beside them, or the built-in strokes where that is not here; name: of that
    network. Raises UserError when there are too few digits, or no such network.
    """
    digits = list(my_digits.load(store, owner).values())
    if len(digits) < MIN_DIGITS:
        raise UserError(f"My digits holds {len(digits)}; teach it {MIN_DIGITS} or more first.")
    if len(digits) >= HOLD_OUT_FROM:
        del digits[HOLD_OUT_EVERY - 1 :: HOLD_OUT_EVERY]
    _, fields = load_network.init_from_fields(store, start)
    path = extra_data.keep(my_digits.dataset(digits))
    spec = RunSpec(dataset=sources.default(), extra_data=str(path), **fields, **SETTINGS)
    return store.create(spec, name.removesuffix(NAME_SUFFIX) + NAME_SUFFIX, owner=owner)


def learned_images(store: RunStore, run: Run) -> set[bytes]:
    """The own pictures, (28, 28) uint8, that it has learned, or a run that it goes on from, as far
    as that one is still there. Raises UserError when they are gone."""
    if not run.spec.extra_data:
        return set()
    found = {image.tobytes() for image in extra_data.read(Path(run.spec.extra_data)).images}
    with suppress(UserError):
        found |= learned_images(store, store.run(run.spec.init_from.partition("@")[0]))
    return found
