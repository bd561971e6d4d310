"""The Neurons page: the weights of every neuron at any snapshot, and all about one of them."""

import streamlit as st

from pages.common import export_menu, model_picker, run_table, state
from pages.common.text import note, plain
from pages.components.neuron_details import neuron_details
from pages.components.timeline import timeline
from pages.components.weight_wall import weight_wall
from pages.neurons import analysis, comparison, controls, details, wall
from pages.neurons import state as neurons_state
from pages.server.networks import PRETRAINED_ID
from pages.server.shared_store import store

RESERVED_HEIGHT = 420  # pixels of the screen above and below the wall

title, model_column, export_column = st.columns([2, 6, 2], vertical_alignment="bottom")
title.title("Neurons", anchor=False)
state.open_run_in_view()
with model_column:
    run = model_picker.choose_in_view()
run_id = run.id if run else PRETRAINED_ID
spec = analysis.spec_of(run_id)
if run:
    steps = [step for step in store().snapshot_steps(run.id) if step <= run.step]
    controls.rerun_on_change(run, bool(steps))
    if not steps:
        st.info(
            f"Run {plain(run.name)} is {run.state} and has no snapshots yet. These are random "
            "initial weights; you can open its neurons once training starts."
        )
        weight_wall(None, spec, {"reserved_height": RESERVED_HEIGHT})
        run_table.show(run)
        st.stop()
    selected = timeline(run, state.snapshot_in_view(steps))
    state.view_snapshot(selected)
    step = selected if selected in steps else steps[-1]
else:
    note("Train your own network to see its neurons learn.")
    st.page_link("train/page.py", label="Go to Train", icon=":material/timeline:")
    steps, step = [0], 0

with st.container(horizontal=True, vertical_alignment="bottom"):
    layer = controls.layer(spec.sizes)
    mode = controls.mode(steps, layer)
    by = controls.order()
    only = controls.only()


@st.fragment  # selecting a neuron reruns this part alone
def wall_and_details() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        neuron = controls.neuron(spec.sizes, layer)
    with left:
        options = wall.options(run_id, steps, step, layer, mode, by, only)
        options |= {"selected": neuron, "reserved_height": RESERVED_HEIGHT}
        weight_wall(run, spec, options, neurons_state.select_neuron)
    with right:
        neuron_details(details.of(run_id, step, layer, neuron))
    with left:
        comparison.show(run_id, steps, step, layer, neuron)


wall_and_details()
if run:
    run_table.show(run)
with export_column:
    subjects = [export_menu.WALL, export_menu.NETWORK]
    if layer == 0:
        subjects.insert(1, export_menu.NEURON)
    export_menu.show(run, steps, step, subjects, neurons_state.neuron())
