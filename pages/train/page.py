"""The Train page: press Start and watch noise turn into strokes."""

import streamlit as st

from nn.errors import UserError
from nn.runs.spec import RunSpec
from pages.common import run_table, state
from pages.common.url_state import NEURON, RUN
from pages.components.live_runs import live_runs
from pages.components.loss_curves import loss_curves
from pages.components.network_diagram import network_diagram
from pages.components.pinned_predictions import pinned_predictions
from pages.components.run_controls import run_controls
from pages.components.run_status import run_status
from pages.components.share import share
from pages.components.timeline import timeline
from pages.components.weight_wall import weight_wall
from pages.server.shared_store import store
from pages.train import configuration, explanations, next_steps, settings
from pages.train import state as train_state

RESERVED_HEIGHT = 370  # pixels of the screen: above the wall, and what to do next below it
# The settings exist on the simple page too, so that its URL can carry them, but are hidden.
SIMPLE_STYLE = """<style>
    :root { --digitscope-extras: none; }
    [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
</style>"""


def watch(run_id: str) -> None:
    try:
        state.view(store().run(run_id))
    except UserError:
        st.toast("This run has been deleted.")


# In this order: the settings take those out of the URL that do not differ from their preset.
run = state.open_run_in_view()
spec, problem = settings.spec()

with st.container(horizontal=True, vertical_alignment="center", wrap=False):
    st.title("Train", anchor=False, width="content")
    live_runs(run, watch)
    if not state.is_simple():
        with st.container(width="content"):
            share(run, *settings.link(run.spec if run else spec))
run_controls(
    run,
    settings.fields(),
    settings.choices(),
    problem,
    on_move=lambda: train_state.keep_link_problems([]),
)
run_status(run)
# What comes and goes with the run is below the wall, so that the wall stays where it is.
pins = state.pins()
with st.container():
    if pins and not state.is_simple():
        pinned_predictions(run, pins)
left, right = st.columns([3, 2], gap="medium")
with left:
    opened = weight_wall(run, spec or RunSpec(), {"reserved_height": RESERVED_HEIGHT})
    if run and opened is not None:
        st.switch_page("neurons/page.py", query_params={RUN: run.id, NEURON: str(opened)})
    with st.container(key="under-wall"):
        explanations.under_wall()
        leading_on = st.container()  # filled last: an export takes a while
    if run and not state.is_simple():
        steps = store().snapshot_steps(run.id)
        state.view_snapshot(timeline(run, state.snapshot_in_view(steps), live=False))
with right:
    loss_curves(run)
    shown_spec = run.spec if run else spec
    if shown_spec and not state.is_simple():
        configuration.show(shown_spec, run)
    explanations.under_curves()
    network_diagram(run, pins[-1] if pins else None)
if state.is_simple():
    st.html(SIMPLE_STYLE)
else:
    run_table.show(run)
settings.show()  # after what moves, which is what people wait for when a page loads
with leading_on:
    if run:
        next_steps.show(run)
