"""Train: press Start and watch noise turn into strokes."""

import streamlit as st

from nn.errors import UserError
from nn.runs.launch import launch
from nn.runs.spec import RunSpec
from pages.parts import components, session, settings
from pages.parts.recorded import store


def press(what: str) -> None:
    """Start a run with the settings as they are now, or put none into view."""
    if what == "new":
        session.view(None)
        return
    try:
        run = store().create(settings.chosen())
    except UserError:
        return  # the settings say why
    launch(run.id)
    session.view(run)


spec = settings.spec()
run = session.run_in_view()

st.header("Train", anchor=False)
components.controls(run, spec is not None, press)
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
