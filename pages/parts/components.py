"""The live components: buttons, status line, weight wall, curves. Each follows a run by itself.

Registered once, when this module is imported: Streamlit takes component code as text.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from nn.runs.spec import RunSpec
from nn.runs.store import Run, State
from pages.parts import bundle, session, tiles

_ASSETS = Path(__file__).parents[2] / "assets"


def _register(name: str, html: str, isolate_styles: bool = True) -> Callable[..., Any]:
    return st.components.v2.component(
        f"digitscope.{name}",
        html=html,
        css=(_ASSETS / "live.css").read_text(),
        js="".join((_ASSETS / file).read_text() for file in ("live.js", f"{name}.js")),
        isolate_styles=isolate_styles,
    )


_PLAY, _PAUSE, _STOP, _ADD = (
    f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{path}"/></svg>'
    for path in (
        "M4 2.5v11l9-5.5z",
        "M4 3h3v10H4zM9 3h3v10H9z",
        "M3.5 3.5h9v9h-9z",
        "M7.25 3h1.5v4.25H13v1.5H8.75V13h-1.5V8.75H3v-1.5h4.25z",
    )
)
_controls = _register(
    "controls",
    '<div class="controls" role="toolbar" aria-label="The run">'
    f'<button name="start" class="primary">{_PLAY}Start</button>'
    f'<button name="pause">{_PAUSE}Pause</button><button name="resume">{_PLAY}Resume</button>'
    f'<button name="stop">{_STOP}Stop</button><span class="about"></span>'
    f'<button name="new" class="plain">{_ADD}New run</button></div>',
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


def controls(run: Run | None, ready: bool, press: Callable[[str], None]) -> None:
    """Start, Pause or Resume, Stop, New run: what can be done in the state the run is in.

    ``press`` is called, once a press, with "start" or "new"; the rest goes to the hub. Start can
    be pressed when the settings are ``ready``. A press arrives as a callback, because a script
    that is interrupted before it reaches the component would lose it; as its value too, because
    the first press after a restart of the server comes to a new session, which knows no callback.
    """
    key = "controls"
    shown = {
        "run": run and run.id,
        "state": run and run.state,
        "ready": ready,
        "about": run and f"{run.name}: {' · '.join(map(str, run.spec.sizes))}, {run.spec.data}",
    }

    def hear(pressed: Any) -> bool:
        new = pressed and session.first_heard(pressed["id"])
        if new:
            press(pressed["what"])
        return bool(new)

    value = _controls(
        key=key,
        data=shown | {"heard": session.last_heard()},
        on_press_change=lambda: hear(st.session_state[key].press),
    )
    if hear(value.press):
        st.rerun()


def status(run: Run) -> None:
    """How far the run is."""
    _status(key="status", data={"run": run.id})


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
