"""The Share menu: links to copy, to the experiment and to the run."""

from __future__ import annotations

from nn.runs.store.store import Run
from pages.components.register import component

_show = component("share")


def share(run: Run | None, experiment: str, problem: str) -> None:
    """A link to the run opens with the snapshot that is shown when it is copied.

    experiment: the query of the link to the settings; "" without one, and ``problem`` says why.
    """
    _show(key="share", data={"run": run and run.id, "experiment": experiment, "problem": problem})
