"""Neurons: what each neuron looks for, at any moment of a run, and what becomes of it."""

import streamlit as st

from pages.parts import components, dossier, history, looking, session, take
from pages.parts.recorded import store
from pages.parts.text import plain

ABOVE = 420  # pixels of the screen that the wall leaves to what stands around it

header = st.container(horizontal=True, vertical_alignment="bottom")
header.header("Neurons", anchor=False, width="content")
run = session.run_in_view() or next(iter(store().runs()), None)
if run is None:
    header.markdown("of the recogniser that comes with Digitscope")
    st.info("Train a network of your own to open its neurons and to go through its life.")
    st.page_link("train.py", label="Go to Train", icon=":material/timeline:")
    components.wall(None, *looking.recogniser(), session.neurons.choose)
    st.stop()

about = f"{plain(run.name)}: {' · '.join(map(str, run.spec.sizes))}, {run.state}"
header.markdown(about if run.test_accuracy is None else f"{about}, reads {run.test_accuracy:.1%}")
steps = [step for step in store().frame_steps(run.id) if step <= run.step]
looking.watch(run, steps)
if not steps:
    st.info(
        f"Run {plain(run.name)} is {run.state} and has kept no moment yet. This is the noise it "
        "begins with; its neurons can be opened once it learns."
    )
    components.wall(None, run.spec, {"above": ABOVE})
    history.runs(run)
    st.stop()

asked = components.timeline(run, session.moment(steps))
session.look_at(asked)
step = steps[-1] if asked not in steps else asked

with st.container(horizontal=True, vertical_alignment="bottom"):
    layer = looking.layer(run.spec.sizes)
    mode = looking.mode(layer)
    by = looking.order()
    only = looking.only()
    corner = st.container(width="content")


@st.fragment  # who chooses a neuron waits for these alone
def inside() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        neuron = looking.neuron(run.spec.sizes, layer)
    with left:
        told = looking.wall(run, steps, step, layer, mode, by, only)
        components.wall(
            run, run.spec, told | {"chosen": neuron, "above": ABOVE}, session.neurons.choose
        )
    with right:
        components.dossier(dossier.of(run.id, step, layer, neuron))
    with left:
        looking.compare(run, steps, step, layer, neuron)


inside()
history.runs(run)
with corner:
    take.out(run, steps, step, layer)
