"""Draw: write a digit, and a network you trained reads it."""

import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from nn.digits.normalise import normalise
from nn.network import Network
from nn.runs import model
from pages.parts import charts
from pages.parts.recorded import store
from pages.parts.text import plain

SIZE = 340  # pixels: fits a phone 390 wide


@st.cache_resource(max_entries=8, show_spinner=False)
def network_of(run_id: str) -> Network:
    return model.trained(store(), store().run(run_id))


st.header("Draw a digit", anchor=False)
run = model.latest_finished(store())
if run is None:
    st.info("No network has finished learning yet. Train one first: it takes a few seconds.")
    st.page_link("train.py", label="Go to Train", icon=":material/timeline:")
    st.stop()

paper, answer = st.columns([1, 1], gap="large")
with paper:
    drawing = st_canvas(
        stroke_width=22,
        stroke_color="#000000",
        background_color="#ffffff",
        width=SIZE,
        height=SIZE,
        return_image_data=True,
        key="canvas",
    )
    st.caption(
        "Write one digit, large, with the mouse, a finger or a pen. It is read by "
        f"{plain(run.name)}, the network that finished learning last."
    )

pixels = drawing.image_data
seen = normalise(pixels) if pixels is not None else None
with answer:
    if seen is None or seen.blank:
        probabilities = np.zeros(10)
        st.subheader("Draw something", anchor=False)
    else:
        probabilities = network_of(run.id).probabilities(seen.image[np.newaxis])[0]
        digit, confidence = int(probabilities.argmax()), float(probabilities.max())
        st.subheader(f"It reads a {digit}, {confidence:.0%} sure", anchor=False)
    bars, frame = st.columns([3, 1], gap="medium")
    bars.plotly_chart(charts.probabilities(probabilities), key="bars", config=charts.STILL)
    if seen is not None and not seen.blank:
        frame.image(charts.enlarged(255 - seen.image, 4), width=112)
        frame.caption("What the network sees: 28 × 28 pixels, scaled and centred")
