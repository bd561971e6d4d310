"""Train: press Start and watch noise turn into strokes."""

from typing import Literal

import streamlit as st

from nn.runs.launch import launch
from nn.runs.spec import RunSpec
from nn.runs.store import Run, State
from pages.parts import components, session, settings
from pages.parts.recorded import store
from pages.parts.text import plain


def start(spec: RunSpec) -> None:
    run = store().create(spec)
    launch(run.id)
    session.view(run)


def ask(run: Run, kind: Literal["pause", "resume", "stop"]) -> None:
    store().command(run.id, kind)


def resume(run: Run) -> None:
    """Wake a paused worker, or start a new one from the checkpoint."""
    if run.state is State.PAUSED:
        ask(run, "resume")
    else:
        launch(store().requeue(run.id).id)


def controls(run: Run | None, spec: RunSpec | None) -> None:
    """Start, Pause or Resume, Stop: what can be done in the state the run is in."""
    state = run.state if run else None
    active = bool(state and state.active)
    with st.container(horizontal=True, vertical_alignment="center"):
        session.button(
            "Start", "start", lambda: start(spec) if spec and not active else None,
            type="primary", icon=":material/play_arrow:", disabled=spec is None or active,
        )  # fmt: skip
        if run and state in (State.PAUSED, State.STOPPED, State.INTERRUPTED):
            session.button("Resume", "resume", lambda: resume(run), icon=":material/resume:")
        else:
            session.button(
                "Pause", "pause", lambda: ask(run, "pause") if run else None,
                icon=":material/pause:", disabled=state is not State.RUNNING,
            )  # fmt: skip
        session.button(
            "Stop", "stop", lambda: ask(run, "stop") if run else None,
            icon=":material/stop:", disabled=not active,
        )  # fmt: skip
        if run:
            widths = " · ".join(map(str, run.spec.sizes))
            st.caption(f"{plain(run.name)}: {widths}, {run.spec.data}")
            if active:
                session.button(
                    "New run", "new", lambda: session.view(None),
                    type="tertiary", icon=":material/add:",
                )  # fmt: skip


spec = settings.spec()
run = session.run_in_view()

st.header("Train", anchor=False)
controls(run, spec)
if run:
    components.status(run)
else:
    st.markdown(
        "This network has learned nothing yet: its weights are noise. Press **Start**, and it "
        "learns to read handwritten digits while you watch."
    )
wall, curves = st.columns([3, 2], gap="medium")
with wall:
    components.wall(run, spec or RunSpec())
with curves:
    components.curves(run)
