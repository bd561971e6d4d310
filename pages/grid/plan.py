"""The plan of a grid: two settings, the values of each, and the configurations that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nn.errors import FieldError, UserError
from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS
from nn.losses import LOSSES
from nn.optimizers import OPTIMIZERS
from nn.runs.spec import RunSpec, parse_hidden
from nn.schedules import SCHEDULES
from pages.common.setting_text import FIELDS, LABELS
from pages.server import runs_api

MAX_CELLS = 64
WIDTH, DEPTH = "width", "depth"  # of the hidden layers
# The settings that an axis can have, each with the values to begin with. width and depth stand for
# the hidden layers; the others are fields of RunSpec.
SUGGESTED = {
    WIDTH: "8, 16, 32, 64, 128",
    DEPTH: "1, 2, 3, 4, 5",
    "lr": "0.01, 0.03, 0.1, 0.3, 1",
    "batch_size": "16, 32, 64, 128, 256",
    "epochs": "1, 2, 4",
    "optimizer": ", ".join(OPTIMIZERS),
    "momentum": "0, 0.5, 0.9",
    "lr_schedule": ", ".join(SCHEDULES),
    "activation": ", ".join(ACTIVATIONS),
    "initializer": ", ".join(INITIALIZERS),
    "loss": ", ".join(LOSSES),
    "augmentation": "0, 0.5, 1",
    "dropout": "0, 0.1, 0.2, 0.4",
    "weight_decay": "0, 0.0001, 0.001, 0.01",
    "label_smoothing": "0, 0.05, 0.1",
    "train_size": "500, 1000, 5000, 20000",
    "seed": "0, 1, 2, 3, 4",
}
NAMES = {name: FIELDS.get(name, "") for name in SUGGESTED} | {
    WIDTH: "Neurons per layer",
    DEPTH: "Hidden layers",
}


class Axis(NamedTuple):
    setting: str  # a key of SUGGESTED
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        return NAMES[self.setting]

    @property
    def labels(self) -> list[str]:
        """The values in words."""
        return [
            f"{value:g}" if isinstance(value, float) else LABELS.get(value, str(value))
            for value in self.values
        ]


class Plan(NamedTuple):
    columns: Axis
    rows: Axis
    base: dict[str, Any]  # what all cells have in common: fields, as runs_api.spec_of takes them

    def members(self) -> list[dict[str, Any]]:
        """What is to be set in each cell, row by row."""
        return [
            _with(self.base, {self.columns.setting: column, self.rows.setting: row})
            for row in self.rows.values
            for column in self.columns.values
        ]

    def specs(self) -> list[RunSpec]:
        """The configuration of each cell, row by row. Raises UserError for one that is not
        possible."""
        return [runs_api.spec_of(fields) for fields in self.members()]

    def options(self) -> dict[str, Any]:
        """The plan as it is recorded with its group."""
        return {
            "columns": self.columns.setting,
            "column_values": list(self.columns.values),
            "rows": self.rows.setting,
            "row_values": list(self.rows.values),
            "base": self.base,
        }


def from_options(options: Mapping[str, Any]) -> Plan:
    """The plan that was recorded. Raises UserError."""
    try:
        columns, rows = (
            Axis(options[f"{axis}s"], tuple(options[f"{axis}_values"]))
            for axis in ("column", "row")
        )
        plan = Plan(columns, rows, dict(options["base"]))
        plan.specs()
    except (KeyError, TypeError, ValueError):
        raise UserError("This group was not started as a grid.") from None
    return plan


def make(columns: tuple[str, str], rows: tuple[str, str], base: Mapping[str, Any]) -> Plan:
    """A plan of the settings and the texts of their values. Raises UserError."""
    if columns[0] == rows[0]:
        raise UserError("Columns and rows need two different settings.")
    plan = Plan(_axis(*columns), _axis(*rows), dict(base))
    cells = len(plan.columns.values) * len(plan.rows.values)
    if cells > MAX_CELLS:
        raise UserError(f"A grid has at most {MAX_CELLS} cells; these values make {cells}.")
    try:
        specs = plan.specs()
    except FieldError as error:
        raise UserError(f"{FIELDS[error.field]} {error.rule}") from None
    if len(set(specs)) < cells:
        raise UserError("Several cells are the same configuration. Choose other values.")
    return plan


def _axis(setting: str, text: str) -> Axis:
    """Raises UserError."""
    kind: Any = int if setting in (WIDTH, DEPTH) else type(runs_api.DEFAULTS[setting])
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise UserError(f"{NAMES[setting]} needs values, for example {SUGGESTED[setting]}.")
    try:
        values = tuple(kind(word) for word in words)
    except ValueError:
        example = SUGGESTED[setting]
        message = f"{NAMES[setting]} must be numbers such as {example}; got {text.strip()[:80]!r}."
        raise UserError(message) from None
    if len(set(values)) < len(values):
        raise UserError(f"{NAMES[setting]} has a value twice.")
    return Axis(setting, values)


def _with(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with some settings changed."""
    widths = parse_hidden(str(base["hidden"]))
    if DEPTH in values:
        widths = (widths[:1] or (RunSpec.hidden[0],)) * values[DEPTH]
    if WIDTH in values:
        widths = (values[WIDTH],) * len(widths)
    fields = {name: value for name, value in values.items() if name not in (WIDTH, DEPTH)}
    return {**base, "hidden": ", ".join(map(str, widths)), **fields}
