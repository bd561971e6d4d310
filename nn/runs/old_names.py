"""Old names: what version 0.1 called things, so that its runs, links and commands still work.

The one table for every reader of something written by 0.1: stored specs, ``--spec`` files, links,
command lines and settings. Names in the database are migrated instead, see nn.runs.store.schema;
the names of presets have not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Field of RunSpec, URL parameter or (with hyphens) command-line flag: 0.1's name → today's.
FIELDS = {
    "initialiser": "initializer",
    "optimiser": "optimizer",
    "schedule": "lr_schedule",
    "patience": "early_stopping_patience",
    "batch": "batch_size",
    "data": "dataset",
    "also": "extra_data",
    "start": "init_from",
    "validation": "validation_size",
}
# Command of the command line: 0.1's name → today's.
COMMANDS = {"recogniser": "pretrained"}
# Value of a field: 0.1's name → today's.
VALUES = {"init_from": {"recogniser": "pretrained"}}

# Environment variable: today's name → 0.1's.
ENVIRONMENT = {"DIGITSCOPE_STORAGE_QUOTA": "DIGITSCOPE_STORE_LIMIT"}


def translated(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` under today's names; a name that is not old passes unchanged."""
    renamed = {FIELDS.get(name, name): value for name, value in fields.items()}
    for name, values in VALUES.items():
        if isinstance(old := renamed.get(name), str):
            renamed[name] = values.get(old, old)
    return renamed
