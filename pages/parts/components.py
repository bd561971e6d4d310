"""The live components: status line, weight wall, curves. Each follows a run by itself.

Registered once, when this module is imported: Streamlit takes component code as text.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from nn.runs.spec import RunSpec
from nn.runs.store import Run, State
from pages.parts import bundle, tiles

_ASSETS = Path(__file__).parents[2] / "assets"


def _register(name: str, html: str, isolate_styles: bool = True) -> Callable[..., object]:
    return st.components.v2.component(
        f"digitscope.{name}",
        html=html,
        css=(_ASSETS / "live.css").read_text(),
        js="".join((_ASSETS / file).read_text() for file in ("live.js", f"{name}.js")),
        isolate_styles=isolate_styles,
    )


_status = _register(
    "status",
    '<div class="status"><div role="status"><span class="state"></span><span class="line"></span>'
    '<div class="sentence"></div></div><div class="bar" role="progressbar" aria-valuemin="0" '
    'aria-valuemax="100" aria-label="Share of the run that is done"><div class="done"></div></div>'
    "</div>",
)
_wall = _register("wall", '<figure><canvas role="img"></canvas><figcaption></figcaption></figure>')
# Plotly puts its styles into the page's head, where a shadow root would not see them.
_curves = _register("curves", '<div class="plot"></div>', isolate_styles=False)


def status(run: Run) -> None:
    """How far the run is; the script runs again when its state is no longer ``run.state``."""
    _status(key="status", data={"run": run.id, "state": run.state}, on_state_change=lambda: None)


def wall(run: Run | None, spec: RunSpec) -> None:
    """The weight wall of a run, live; before its first step, or without a run, the network that
    it, or ``spec``, begins with."""
    if run:
        spec = run.spec
    still = _untrained(spec) if not run or run.state is State.QUEUED else None
    _wall(key="wall", data={"run": run and run.id, "still": still, "of": spec.sizes[1]})


def curves(run: Run | None) -> None:
    """Loss and accuracy of a run, live; empty axes without one."""
    _curves(key="curves", data={"run": run and run.id, "plotly": bundle.PLOTLY_URL})


@st.cache_data(max_entries=32, show_spinner=False)
def _untrained(spec: RunSpec) -> str:
    network, _, _ = spec.build()
    return base64.b64encode(tiles.pack(network.parameters, spec.sizes)).decode()
