"""Loss and accuracy of a run, live."""

from __future__ import annotations

from nn.runs.store.store import Run
from pages.components.register import component
from pages.server import plotly_asset

_show = component("loss_curves", isolate_styles=False)


def loss_curves(run: Run | None) -> None:
    """Empty axes without a run."""
    _show(key="loss_curves", data={"run": run and run.id, "plotly": plotly_asset.PLOTLY_URL})
