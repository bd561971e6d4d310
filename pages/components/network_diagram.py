"""The network diagram: layers, nodes and strongest weights of a run, live."""

from __future__ import annotations

import base64

from nn.runs.store.store import Run
from pages.components.register import component

_show = component("network_diagram")


def network_diagram(run: Run | None, drawing: bytes | None) -> None:
    """drawing: of 28 × 28 bytes, to be sent through the network on request."""
    image = base64.b64encode(drawing).decode() if drawing else None
    _show(key="network_diagram", data={"run": run and run.id, "drawing": image})
