"""The names of runs that belong together: the fields in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it takes long to import, and the command line's --help does without
    from nn.runs.spec import RunSpec


def configuration_name(spec: RunSpec, fields: Sequence[str]) -> str:
    """ "hidden 64-32, lr 0.1": the fields in which the configurations differ."""
    parts = [f"{field} {_text(getattr(spec, field))}" for field in fields]
    return ", ".join(parts).replace("@", " at step ")  # no name of a run has an @


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
