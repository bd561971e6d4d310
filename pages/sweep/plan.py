"""The plan of a sweep: fields and their values as texts → the runs, and why it is not possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from nn.errors import FieldError, UserError
from nn.runs import sweep
from nn.runs.spec import RunSpec
from nn.runs.sweep_group import make_specs
from pages.common.setting_text import FIELDS
from pages.server import runs_api

# What can be swept, and values worth training.
SUGGESTED = {
    "lr": "0.01, 0.1, 1",
    "hidden": "32/64,32",
    "batch_size": "16, 64, 256",
    "optimizer": "sgd, rmsprop, adam",
    "activation": "sigmoid, tanh, relu",
    "momentum": "0, 0.5, 0.9",
    "dropout": "0..0.5:6",
    "augmentation": "0, 0.5, 1",
    "initializer": "he, lecun, normal",
    "lr_schedule": "constant, cosine",
    "weight_decay": "0, 0.0001, 0.01",
    "label_smoothing": "0, 0.1, 0.3",
    "loss": "cross_entropy, squared_error",
    "epochs": "1, 2, 4",
    "train_size": "500, 5000, 50000",
}


class Plan(NamedTuple):
    """A sweep to be started."""

    specs: list[RunSpec]
    fields: list[str]  # those with several values
    seeds: int  # runs of each configuration


def make(rows: Sequence[tuple[str, str]], base: Mapping[str, Any], seeds: int, draws: int) -> Plan:
    """rows: fields, each with its values as a text; base: settings as runs_api.spec_of takes them;
    draws: how many random combinations, where a row has random values. Raises UserError."""
    texts: dict[str, str] = {}
    for field, text in rows:
        if field in texts:
            raise FieldError(field, "is listed twice. Change or remove one of its rows.")
        check(field, text)
        texts[field] = text.strip()
    if not texts:
        raise UserError("Add a setting and its values.")
    common = asdict(runs_api.spec_of(base))
    specs, fields = make_specs(
        texts,
        seeds,
        draws if has_random(rows) else None,
        0,
        lambda change: RunSpec.from_dict(common | change),
    )
    return Plan(specs, fields, seeds)


def check(field: str, text: str) -> None:
    """Raise UserError unless the text is values of a field that can be swept here. The values of a
    list are checked as configurations."""
    if field not in SUGGESTED:
        raise UserError(f"{FIELDS.get(field, field)} cannot be swept here.")
    if not text.strip():
        raise FieldError(field, f"needs values, for example {SUGGESTED[field]}.")
    sweep.parse(field, text.strip())


def has_random(rows: Sequence[tuple[str, str]]) -> bool:
    return any(text.strip().startswith("random:") for _, text in rows)


def in_words(plan: Plan, rows: Sequence[tuple[str, str]]) -> str:
    """ "3 × 2 configurations × 5 seeds = 30 runs" """
    runs = len(plan.specs)
    if has_random(rows):
        factors = f"{runs // plan.seeds:,} configurations"
    else:
        counts = [len({getattr(spec, field) for spec in plan.specs}) for field, _ in rows]
        factors = f"{' × '.join(map(str, counts))} configurations"
    seeds = "1 seed" if plan.seeds == 1 else f"{plan.seeds} seeds"
    return f"{factors} × {seeds} = {runs:,} {'run' if runs == 1 else 'runs'}"
