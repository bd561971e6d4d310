"""The status line of a run: which it is, its state and progress."""

from __future__ import annotations

from nn.runs.store.store import Run
from pages.common import state
from pages.components.register import component

_show = component("run_status")


def run_status(run: Run) -> None:
    by = ", by another visitor" if run.owner else ", by the command line"
    about = f"{run.name}: {' · '.join(map(str, run.spec.sizes))}, {run.spec.data_name}"
    _show(
        key="run_status",
        data={"run": run.id, "about": about if state.owns(run) else about + by},
    )
