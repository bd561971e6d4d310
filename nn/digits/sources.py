"""Sources: a dataset's name → its pictures, split and ready to train on."""

from __future__ import annotations

from nn.digits import mnist, strokes
from nn.digits.dataset import Splits, hold_out
from nn.errors import UserError

NAMES = ("mnist", "strokes")


def default() -> str:
    """``mnist`` where it is on this computer, else ``strokes``: nothing is downloaded unasked."""
    return "mnist" if mnist.find() else "strokes"


def load(name: str, validation: int) -> Splits:
    """Load a dataset by ``name`` and hold out its last ``validation`` training pictures.

    Raises UserError for an unknown name, for files that are absent or corrupt.
    """
    if name == "mnist":
        train, test = mnist.load()
    elif name == "strokes":
        train, test = strokes.load()
    else:
        raise UserError(f"Unknown dataset {name!r}: choose one of {', '.join(NAMES)}.")
    return hold_out(train, test, validation)
