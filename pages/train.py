"""Train: press Start and watch noise turn into strokes."""

import streamlit as st

from nn.runs.launch import launch
from nn.runs.spec import RunSpec
from nn.runs.store import Run, State
from pages.parts import components, session, settings
from pages.parts.recorded import store
from pages.parts.text import plain


def controls(run: Run | None, spec: RunSpec | None) -> None:
    """Start, Pause or Resume, Stop: what can be done in the state the run is in.

    Answers to the buttons' values, not callbacks: after a restart of the server the first click
    comes to a new session, which would know no callback for it.
    """
    state = run.state if run else None
    active = bool(state and state.active)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Start", key="start", type="primary", icon=":material/play_arrow:",
            disabled=spec is None or active,
        ) and spec and not active:  # fmt: skip
            run = store().create(spec)
            launch(run.id)
            session.view(run)
            st.rerun()
        if state in (State.PAUSED, State.STOPPED, State.INTERRUPTED):
            if st.button("Resume", key="resume", icon=":material/resume:") and run:
                if state is State.PAUSED:
                    store().command(run.id, "resume")
                else:
                    launch(store().requeue(run.id).id)
                    st.rerun()
        elif (
            st.button(
                "Pause", key="pause", icon=":material/pause:", disabled=state is not State.RUNNING
            )
            and run
        ):
            store().command(run.id, "pause")
        if st.button("Stop", key="stop", icon=":material/stop:", disabled=not active) and run:
            store().command(run.id, "stop")
        if run:
            widths = " · ".join(map(str, run.spec.sizes))
            st.caption(f"{plain(run.name)}: {widths}, {run.spec.data}")
            if active and st.button("New run", key="new", type="tertiary", icon=":material/add:"):
                session.view(None)
                st.rerun()


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
