"""The timeline: a run's kept snapshots, to move through or play."""

from __future__ import annotations

from nn.runs.store.store import Run
from pages.components.register import component

_show = component("timeline")


def timeline(run: Run, step: int | None = None, live: bool = True) -> int | None:
    """step: of the snapshot to select at first, None: the newest. live: shown while the run
    trains, too.

    → the step of the selected snapshot; None: the newest, which it follows.
    """
    selected: int | None = _show(
        key=f"timeline {run.id}",
        data={"run": run.id, "step": step, "live": live},
        default={"step": step},
        on_step_change=lambda: None,
    ).step
    return selected
