"""A sweep as a group in the store: its runs and their names, and whether it was started before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nn.runs import sweep
from nn.runs.differences import differing_fields
from nn.runs.spec import RunSpec
from nn.runs.store.groups import Group, create_group, groups
from nn.runs.store.store import RunStore


def make_specs(
    texts: Mapping[str, str],
    seeds: int,
    draws: int | None,
    seed: int,
    make: Callable[[dict[str, Any]], RunSpec],
) -> tuple[list[RunSpec], list[str]]:
    """All runs, and the fields that have several values.

    texts: field → values, see nn.runs.sweep; seed: of the random values; make: the configuration in
    which these fields are set. Raises UserError.
    """
    changes = sweep.configurations(texts, draws, seed)
    specs = list(dict.fromkeys(map(make, changes)))
    fields = [field for field in differing_fields(specs) if field in texts]
    return sweep.with_seeds(specs, seeds), fields


def configuration_name(spec: RunSpec, fields: Sequence[str]) -> str:
    """ "hidden 64-32, lr 0.1": the fields in which the configurations differ."""
    parts = [f"{field} {_text(getattr(spec, field))}" for field in fields]
    return ", ".join(parts).replace("@", " at step ")  # no name of a run has an @


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def create_sweep(
    store: RunStore,
    specs: Sequence[RunSpec],
    fields: Sequence[str],
    name: str = "",
    owner: str = "",
) -> Group:
    """Record a sweep and its queued runs. fields: those with several values. Raises UserError as
    create_group."""
    shown = [*fields, "seed"] if len({spec.seed for spec in specs}) > 1 else list(fields)
    shown = list(dict.fromkeys(shown))
    names = [configuration_name(spec, shown) for spec in specs]
    return create_group(
        store, "sweep", specs, name, owner=owner, names=names,
        fingerprint=sweep.fingerprint(specs), fields=list(fields),
    )  # fmt: skip


def find_sweep(store: RunStore, specs: Sequence[RunSpec], owner: str | None = None) -> Group | None:
    """The newest sweep of the same runs of which none was deleted; with an owner, only theirs."""
    key = sweep.fingerprint(specs)
    for group in groups(store):
        is_same = group.kind == "sweep" and group.options.get("fingerprint") == key
        is_theirs = owner is None or group.owner == owner
        if is_same and is_theirs and len(group.runs) == len(specs):
            return group
    return None
