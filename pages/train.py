"""Train: press Start and watch noise turn into strokes."""

import streamlit as st

from nn.errors import UserError
from nn.runs.launch import launch
from nn.runs.spec import RunSpec
from pages.parts import components, history, pins, session, settings
from pages.parts.recorded import store

# The settings are there, so that the address may carry them, but nobody sees them.
SIMPLE = """<style>
    :root { --digitscope-extras: none; }
    [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
</style>"""


def press(what: str) -> None:
    """Start a run, with the settings as they are now or those of the run in view; or put none
    into view."""
    if what == "new":
        session.view(None)
        return
    before = session.run_in_view() if what == "restart" else None
    try:
        run = store().create(
            before.spec if before else settings.chosen(), owner=session.visitor_id()
        )
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
    if not session.simple():
        components.timeline(run, live=False)
        pins.show(run)
else:
    st.markdown(
        "This network has learned nothing yet: its weights are noise. Press **Start**, and it "
        "learns to read handwritten digits while you watch."
    )
wall, curves = st.columns([3, 2], gap="medium")
with wall:
    opened = components.wall(run, spec or RunSpec())
    if run and opened is not None:
        st.switch_page("neurons.py", query_params={"run": run.id, "neuron": str(opened)})
with curves:
    components.curves(run)
    components.net(run)
if session.simple():
    st.html(SIMPLE)
else:
    history.runs(run)
