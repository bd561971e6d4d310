"""The network diagram: layers, nodes and strongest weights of a run, live."""

from __future__ import annotations

from nn.runs.store.store import Run
from pages.components.register import component

_show = component("network_diagram")


def network_diagram(run: Run | None) -> None:
    _show(key="network_diagram", data={"run": run and run.id})
