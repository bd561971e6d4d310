"""What a run's network predicts for pinned drawings, while it learns and at any snapshot."""

from __future__ import annotations

import base64

from nn.runs.store.store import Run
from pages.components.register import component

_show = component("pinned_predictions")


def pinned_predictions(run: Run | None, pins: list[bytes]) -> None:
    """pins: images of 28 × 28 bytes, shown without predictions if there is no run."""
    data = {"run": run and run.id, "pins": [base64.b64encode(pin).decode() for pin in pins]}
    _show(key="pinned_predictions", data=data)
