"""What differs between runs: the settings, and which runs are seeds of one configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

from nn.runs.spec import RunSpec
from nn.runs.store.run import Run


def differing_fields(specs: Sequence[RunSpec]) -> list[str]:
    """The fields in which the specs are not all equal, in the order of RunSpec."""
    return [
        field.name
        for field in dataclasses.fields(RunSpec)
        if len({getattr(spec, field.name) for spec in specs}) > 1
    ]


@lru_cache(4096)
def configuration(spec: RunSpec) -> RunSpec:
    """The spec without its seed: equal for runs that differ in their seeds alone."""
    return dataclasses.replace(spec, seed=0)


@lru_cache(4096)
def configuration_key(spec: RunSpec) -> str:
    """A short text, equal for runs of one configuration."""
    return f"{crc32(configuration(spec).to_json().encode()):08x}"


def by_configuration(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs of each configuration; configurations and runs stay in their order."""
    groups: dict[RunSpec, list[Run]] = {}
    for run in runs:
        groups.setdefault(configuration(run.spec), []).append(run)
    return list(groups.values())
