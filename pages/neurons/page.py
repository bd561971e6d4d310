"""Neurons: what each neuron looks for, at any moment of a run, and what becomes of it."""

import streamlit as st

from pages.common import export_menu, run_table, snapshot, state
from pages.common.text import plain
from pages.components.neuron_details import neuron_details
from pages.components.timeline import timeline
from pages.components.weight_wall import weight_wall
from pages.neurons import controls, details
from pages.neurons import state as neurons_state
from pages.server.shared_store import store

ABOVE = 420  # pixels of the screen that the wall leaves to what stands around it

header = st.container(horizontal=True, vertical_alignment="bottom")
header.header("Neurons", anchor=False, width="content")
run = state.run_in_view() or next(iter(store().runs()), None)
of = run.id if run else snapshot.SHIPPED
spec = snapshot.spec(of)
shape = " · ".join(map(str, spec.sizes))
if run is None:
    header.markdown(f"Pretrained model: {shape}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Train your own network to see its neurons learn.", width="content")
        st.page_link("train/page.py", label="Go to Train", icon=":material/timeline:")
    steps, step = [0], 0
else:
    about = f"{plain(run.name)}: {shape}, {run.state}"
    header.markdown(
        about if run.test_accuracy is None else f"{about}, {run.test_accuracy:.1%} test accuracy"
    )
    steps = [step for step in store().snapshot_steps(run.id) if step <= run.step]
    controls.watch(run, steps)
    if not steps:
        st.info(
            f"Run {plain(run.name)} is {run.state} and has no snapshots yet. These are random "
            "initial weights; you can open its neurons once it trains."
        )
        weight_wall(None, spec, {"reserved_height": ABOVE})
        run_table.runs(run)
        st.stop()
    asked = timeline(run, state.moment(steps))
    state.look_at(asked)
    step = steps[-1] if asked not in steps else asked

with st.container(horizontal=True, vertical_alignment="bottom"):
    layer = controls.layer(spec.sizes)
    mode = controls.mode(steps, layer)
    by = controls.order()
    only = controls.only()
    corner = st.container(width="content")


@st.fragment  # who chooses a neuron waits for these alone
def inside() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        neuron = controls.neuron(spec.sizes, layer)
    with left:
        told = controls.wall(of, steps, step, layer, mode, by, only)
        options = told | {"selected": neuron, "reserved_height": ABOVE}
        weight_wall(run, spec, options, neurons_state.choose)
    with right:
        neuron_details(details.of(of, step, layer, neuron))
    with left:
        controls.compare(of, steps, step, layer, neuron)


inside()
if run:
    run_table.runs(run)
with corner:
    films = (
        [export_menu.WALL, export_menu.NET]
        if layer
        else [export_menu.WALL, export_menu.NEURON, export_menu.NET]
    )
    export_menu.out(run, steps, step, films)
