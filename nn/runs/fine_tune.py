"""Fine-tune: a run initialized from a network that learns a visitor's own digits as well."""

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

MIN_DIGITS = 5  # fewer do not show a handwriting
# From so many digits on, every fifth is held out, to measure how well the next ones are classified.
HOLD_OUT_FROM, HOLD_OUT_EVERY = 25, 5

# A low learning rate, because the network is trained already; few epochs, because someone waits.
SETTINGS: dict[str, Any] = {"lr": 0.02, "epochs": 2, "augmentation": 0.5, "batch_size": 128}
NAME_SUFFIX = ", fine-tuned"


def create_run(store: RunStore, owner: str, init_from: str, name: str) -> Run:
    """Record a queued run, initialized from ``init_from`` (see RunSpec), that learns the owner's
    My digits.

    It also learns MNIST, or the built-in synthetic digits where MNIST is not installed. name: of
    the network. Raises UserError when there are too few digits, or no such network.
    """
    digits = list(my_digits.load(store, owner).values())
    if len(digits) < MIN_DIGITS:
        raise UserError(
            f"Fine-tuning needs {MIN_DIGITS} drawings; My digits has {len(digits)}. Add more first."
        )
    if len(digits) >= HOLD_OUT_FROM:
        del digits[HOLD_OUT_EVERY - 1 :: HOLD_OUT_EVERY]
    _, fields = load_network.init_from_fields(store, init_from)
    path = extra_data.save(my_digits.dataset(digits))
    spec = RunSpec(dataset=sources.default_dataset(), extra_data=str(path), **fields, **SETTINGS)
    return store.create(spec, name.removesuffix(NAME_SUFFIX) + NAME_SUFFIX, owner=owner)


def learned_images(store: RunStore, run: Run) -> set[bytes]:
    """The extra images, (28, 28) uint8 as bytes, that the run learned, or the runs it was
    initialized from learned, as far as those still exist.

    Raises UserError when the run's own file of extra data is missing.
    """
    if not run.spec.extra_data:
        return set()
    found = {image.tobytes() for image in extra_data.read(Path(run.spec.extra_data)).images}
    with suppress(UserError):
        found |= learned_images(store, store.run(run.spec.init_from.partition("@")[0]))
    return found
