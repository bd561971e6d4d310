"""The status line: which run is shown, its state and progress, or what to do without one."""

from __future__ import annotations

from nn.runs.store.store import Run
from pages.common import state
from pages.components.register import component

_show = component("run_status")


UNTRAINED = (
    "Its weights are random. Press Start and watch it learn to recognize handwritten digits."
)


def run_status(run: Run | None) -> None:
    if not run:
        _show(key="run_status", data={"run": None, "about": "", "hint": UNTRAINED})
        return
    by = ", by another visitor" if run.owner else ", by the command line"
    about = f"{run.name}: {' · '.join(map(str, run.spec.sizes))}, {run.spec.data_name}"
    _show(
        key="run_status",
        data={"run": run.id, "about": about if state.owns(run) else about + by, "hint": ""},
    )
