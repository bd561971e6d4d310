"""Draw: write a digit, it is read, and you see why."""

import streamlit as st

from pages.parts import linked, reading, session

title, compare = st.columns([5, 6], gap="large", vertical_alignment="center")
title.header("Draw a digit", anchor=False)
two = compare.toggle("Compare two networks", key=session.draw.COMPARED)
linked.take()
reading.answer(two)
reading.explain()
