"""The live components: buttons, status line, weight wall, curves. Each follows a run by itself.

Registered once, when this module is imported: Streamlit takes component code as text.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st

from nn.errors import UserError
from nn.runs import load_network
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, State
from pages.common import state
from pages.server import pack_tiles, plotly_asset
from pages.server.shared_store import store

_ASSETS = Path(__file__).parents[2] / "assets"


def _register(
    name: str, html: str, *, shared: tuple[str, ...] = ("live.js",), isolate_styles: bool = True
) -> Callable[..., Any]:
    return st.components.v2.component(
        f"digitscope.{name}",
        html=html,
        css=(_ASSETS / "live.css").read_text(),
        js="".join((_ASSETS / file).read_text() for file in (*shared, f"{name}.js")),
        isolate_styles=isolate_styles,
    )


_PLAY, _PAUSE, _STOP, _ADD, _AGAIN, _STEP, _LEAP = (
    f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{path}"/></svg>'
    for path in (
        "M4 2.5v11l9-5.5z",
        "M4 3h3v10H4zM9 3h3v10H9z",
        "M3.5 3.5h9v9h-9z",
        "M7.25 3h1.5v4.25H13v1.5H8.75V13h-1.5V8.75H3v-1.5h4.25z",
        "M8 3a5 5 0 1 0 5 5h-1.6A3.4 3.4 0 1 1 8 4.6V7l4-3.2L8 .6z",
        "M4 3v10l6-5zM11 3h2v10h-2z",
        "M2 3v10l5-5zM7 3v10l5-5zM12.5 3h2v10h-2z",
    )
)


def _button(name: str, icon: str, words: str, key: str = "", kind: str = "") -> str:
    hint = f' title="{words} ({key})" aria-keyshortcuts="{key}"' if key else ""
    return f'<button name="{name}" class="{kind}"{hint}>{icon}{words}</button>'


_controls = _register(
    "controls",
    '<div class="controls" role="toolbar" aria-label="The run">'
    + _button("start", _PLAY, "Start", "S", "primary")
    + _button("pause", _PAUSE, "Pause", "P")
    + _button("resume", _PLAY, "Resume", "P")
    + _button("batch", _STEP, "One batch", "B", "extra")
    + _button("epoch", _LEAP, "One epoch", "E", "extra")
    + _button("stop", _STOP, "Stop", "X")
    + _button("restart", _AGAIN, "Same again", kind="extra")
    + '<span class="tuning" hidden><label>Speed <input type="range" name="speed" min="0"></label>'
    '<output></output><label>Learning rate <input type="number" name="rate" min="0" step="any">'
    "</label></span>" + _button("new", _ADD, "New run", kind="plain extra") + "</div>",
)
_status = _register(
    "status",
    '<div class="status"><div><span class="state"></span><span class="line"></span>'
    '<span class="about"></span></div>'
    '<div class="sentence"></div><div class="heard" role="status"></div>'
    '<div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" '
    'aria-label="Share of the run that is done"><div class="done"></div></div>'
    "</div>",
)
_wall = _register(
    "wall",
    '<figure><canvas role="img" tabindex="0"></canvas>'
    '<div class="lens" hidden><canvas width="28" height="28"></canvas><span></span></div>'
    '<figcaption aria-live="off"></figcaption></figure>'
    '<div class="choices"><label>Full color <select name="scale">'
    '<option value="neuron">each neuron’s strongest weight</option>'
    '<option value="layer">the layer’s strongest weight</option>'
    '<option value="percentile">what 1 % of the weights exceed</option></select></label>'
    '<label>Show <select name="most"><option value="">all neurons</option>'
    "<option>16</option><option>64</option><option>256</option></select></label>"
    '<button name="save" hidden>Save this picture (PNG)</button></div>',
)
_net = _register(
    "net",
    '<figure><canvas role="img" aria-label="The net, once it learns"></canvas>'
    "<figcaption></figcaption></figure>"
    '<div class="controls"><button disabled title="Possible while the run is not learning">'
    "Send a test digit through</button></div>",
)
_timeline = _register(
    "timeline",
    '<div class="timeline"><div class="controls">'
    '<button name="play" aria-pressed="false">Play</button>'
    '<label>Speed <input type="range" name="speed" min="0" max="3" value="1"></label>'
    '<label><input type="checkbox" name="loop"> Again and again</label><output></output></div>'
    '<canvas role="slider" tabindex="0" aria-label="Moment of the run" aria-valuemin="0"></canvas>'
    "</div>",
)
_PICTURE = (
    '<div class="picture"><canvas class="weights" role="img" tabindex="0"></canvas>'
    '<canvas class="scale" aria-hidden="true"></canvas></div>'
)
_dossier = _register(
    "dossier",
    '<div class="dossier"><h4 class="title"></h4>'
    + _PICTURE
    + '<p class="value" aria-live="polite"></p><div class="still"><dl></dl>'
    + "".join(
        f'<section class="{name}"><h4>{words}</h4><canvas class="charts" role="img"></canvas>'
        "<p></p></section>"
        for name, words in (
            ("extremes", "Digits that excite it most and least"),
            ("said", "What it says to each digit"),
            ("outgoing", "To whom it speaks (outgoing weights)"),
            ("without", "Switched off: digits read right, in points"),
            ("life", "Its life"),
        )
    )
    + "</div></div>",
    shared=("live.js", "picture.js"),
)
_compare = _register(
    "compare",
    '<div class="compare"><div class="pictures">'
    + 3 * f'<div><h4></h4>{_PICTURE}<p class="value" aria-live="polite"></p></div>'
    + "</div></div>",
    shared=("live.js", "picture.js"),
)
# Plotly puts its styles into the page's head, where a shadow root would not see them.
_curves = _register(
    "curves",
    '<div class="curves"><div class="plot"></div><div class="moment" hidden></div></div>'
    '<div class="choices"><label>Along <select name="along">'
    '<option value="samples_seen">digits seen</option><option value="epochs">epochs</option>'
    '<option value="seconds">seconds</option></select></label>'
    '<label><input type="checkbox" name="log"> Logarithmic loss</label></div>',
    isolate_styles=False,
)


def controls(run: Run | None, ready: bool, press: Callable[[str], None]) -> None:
    """Start, Pause or Resume, Stop, New run: what can be done in the state the run is in.

    ``press`` is called, once a press, with "start", "restart" or "new"; the rest goes to the hub.
    Start can be pressed when the settings are ``ready``. A press arrives as a callback, because a
    script that is interrupted before it reaches the component would lose it; as its value too,
    because the first press after a restart of the server comes to a new session, which knows no
    callback.
    """
    key = "controls"
    mine = bool(run and state.owns(run))
    shown = {
        "run": run and run.id,
        "state": run and run.state,
        "mine": mine,
        "ready": ready,
        "lr": run and run.spec.lr,
    }

    def hear(pressed: Any) -> bool:
        new = pressed and state.first_heard(pressed["id"])
        if new:
            press(pressed["what"])
        return bool(new)

    value = _controls(
        key=key,
        data=shown | {"heard": state.last_heard()},
        on_press_change=lambda: hear(st.session_state[key].press),
    )
    if hear(value.press):
        st.rerun()


def status(run: Run) -> None:
    """Which run it is, and how far."""
    mine = state.owns(run)
    by = "" if mine else ", by another visitor" if run.owner else ", by the command line"
    about = f"{run.name}: {' · '.join(map(str, run.spec.sizes))}, {run.spec.pictures}{by}"
    _status(key="status", data={"run": run.id, "about": about})


def wall(
    run: Run | None,
    spec: RunSpec,
    more: Mapping[str, Any] | None = None,
    opened: Callable[[int], None] = lambda neuron: None,
) -> int | None:
    """The weight wall of a run, live; before its first step, or without a run, the network that
    it, or ``spec``, begins with. → the neuron that has just been opened, if one has.

    more: what of it the page says otherwise: "mode" ("weights", "start", "previous", "still"),
    "still" (packed as tiles.pack, Base64) with the "step" and "samples_seen" it shows, "opens" (if
    one can be opened), "of" (neurons there are), "order" (those to show), "badges" and "notes" (a
    text a neuron, or ""), "chosen", "kind" and "what" (for the caption), "aside" (the chosen one is
    shown beside the wall), "above" (pixels around the wall on a screen). ``opened`` is called with
    that neuron before the script runs.
    """
    if run:
        spec = run.spec
    told = dict(more or {})
    if "still" not in told and (not run or run.state is State.QUEUED):
        told["still"] = _untrained(spec)
    data = {
        "run": run and run.id, "still": None, "of": spec.sizes[1], "mode": "weights",
        "opens": run is not None,
    }  # fmt: skip
    key = "wall"
    found: int | None = _wall(
        key=key,
        data=data | told,
        on_open_change=lambda: opened(st.session_state[key].open),
    ).open
    return found


def dossier(data: Mapping[str, Any]) -> None:
    """What is known of one neuron; see pages.neurons.page.details."""
    _dossier(key="dossier", data=dict(data))


def compare(data: Mapping[str, Any]) -> None:
    """Two weight pictures and their difference; see pages.neurons.page.details."""
    _compare(key="compare", data=dict(data))


def curves(run: Run | None) -> None:
    """Loss and accuracy of a run, live; empty axes without one."""
    _curves(key="curves", data={"run": run and run.id, "plotly": plotly_asset.PLOTLY_URL})


def net(run: Run | None) -> None:
    """Layers, nodes and strongest weights of a run, live."""
    _net(key="net", data={"run": run and run.id})


def timeline(run: Run, step: int | None = None, live: bool = True) -> int | None:
    """The run's kept frames to move through, while it learns only if ``live``.

    step: where to begin, None being the newest.
    → the step at which the handle rests; None: it follows the newest.
    """
    key = f"timeline {run.id}"
    data = {"run": run.id, "step": step, "live": live}
    found: int | None = _timeline(
        key=key, data=data, default={"step": step}, on_step_change=lambda: None
    ).step
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def _untrained(spec: RunSpec) -> str:
    network, _, _ = spec.build()
    if spec.init_from:
        with suppress(UserError):  # then its run will say so
            network.parameters[...] = load_network.begin(store(), spec)
    return base64.b64encode(pack_tiles.pack(network.parameters, spec.sizes)).decode()
