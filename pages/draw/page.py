"""Draw: write a digit, it is read, and you see why."""

import streamlit as st

from pages.draw import deep_link, prediction
from pages.draw import state as draw_state

title, compare = st.columns([5, 6], gap="large", vertical_alignment="center")
title.header("Draw a digit", anchor=False)
two = compare.toggle("Compare two networks", key=draw_state.COMPARED)
deep_link.take()
prediction.answer(two)
prediction.explain()
