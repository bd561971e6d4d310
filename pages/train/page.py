"""Train: press Start and watch noise turn into strokes."""

import streamlit as st

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.worker.process import launch
from pages.common import run_table, state
from pages.components.loss_curves import loss_curves
from pages.components.network_diagram import network_diagram
from pages.components.run_controls import run_controls
from pages.components.run_status import run_status
from pages.components.timeline import timeline
from pages.components.weight_wall import weight_wall
from pages.server.shared_store import store
from pages.train import pinned_predictions, settings

# The settings are there, so that the address may carry them, but nobody sees them.
SIMPLE = """<style>
    :root { --digitscope-extras: none; }
    [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
</style>"""


def press(what: str) -> None:
    """Start a run, with the settings as they are now or those of the run in view; or put none
    into view."""
    if what == "new":
        state.view(None)
        return
    before = state.run_in_view() if what == "restart" else None
    try:
        run = store().create(before.spec if before else settings.chosen(), owner=state.visitor_id())
    except UserError:
        return  # the settings say why
    launch(run.id)
    state.view(run)


spec = settings.spec()
run = state.run_in_view()

st.header("Train", anchor=False)
run_controls(run, spec is not None, press)
if run:
    run_status(run)
    if not state.simple():
        timeline(run, live=False)
        pinned_predictions.show(run)
else:
    st.markdown(
        "This network is untrained: its weights are noise. Press **Start** and watch it learn to "
        "recognize handwritten digits."
    )
wall, curves = st.columns([3, 2], gap="medium")
with wall:
    opened = weight_wall(run, spec or RunSpec())
    if run and opened is not None:
        st.switch_page("neurons/page.py", query_params={"run": run.id, "neuron": str(opened)})
with curves:
    loss_curves(run)
    network_diagram(run)
if state.simple():
    st.html(SIMPLE)
else:
    run_table.runs(run)
