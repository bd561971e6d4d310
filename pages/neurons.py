"""Neurons: what each neuron looks for, at any moment of a run, and what becomes of it."""

import streamlit as st

from pages.parts import components, dossier, history, looking, moment, session, take
from pages.parts.recorded import store
from pages.parts.text import plain

ABOVE = 420  # pixels of the screen that the wall leaves to what stands around it

header = st.container(horizontal=True, vertical_alignment="bottom")
header.header("Neurons", anchor=False, width="content")
run = session.run_in_view() or next(iter(store().runs()), None)
of = run.id if run else moment.SHIPPED
spec = moment.spec(of)
shape = " · ".join(map(str, spec.sizes))
if run is None:
    header.markdown(f"of the recogniser that comes with Digitscope: {shape}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Train a network of your own, and you see its neurons learn.", width="content")
        st.page_link("train.py", label="Go to Train", icon=":material/timeline:")
    steps, step = [0], 0
else:
    about = f"{plain(run.name)}: {shape}, {run.state}"
    header.markdown(
        about if run.test_accuracy is None else f"{about}, reads {run.test_accuracy:.1%}"
    )
    steps = [step for step in store().frame_steps(run.id) if step <= run.step]
    looking.watch(run, steps)
    if not steps:
        st.info(
            f"Run {plain(run.name)} is {run.state} and has kept no moment yet. This is the noise "
            "it begins with; its neurons can be opened once it learns."
        )
        components.wall(None, spec, {"above": ABOVE})
        history.runs(run)
        st.stop()
    asked = components.timeline(run, session.moment(steps))
    session.look_at(asked)
    step = steps[-1] if asked not in steps else asked

with st.container(horizontal=True, vertical_alignment="bottom"):
    layer = looking.layer(spec.sizes)
    mode = looking.mode(steps, layer)
    by = looking.order()
    only = looking.only()
    corner = st.container(width="content")


@st.fragment  # who chooses a neuron waits for these alone
def inside() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        neuron = looking.neuron(spec.sizes, layer)
    with left:
        told = looking.wall(of, steps, step, layer, mode, by, only)
        components.wall(
            run, spec, told | {"chosen": neuron, "above": ABOVE}, session.neurons.choose
        )
    with right:
        components.dossier(dossier.of(of, step, layer, neuron))
    with left:
        looking.compare(of, steps, step, layer, neuron)


inside()
if run:
    history.runs(run)
with corner:
    films = [take.WALL, take.NET] if layer else [take.WALL, take.NEURON, take.NET]
    take.out(run, steps, step, films)
