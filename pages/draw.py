"""Draw: write a digit, it is read, and you see why."""

from __future__ import annotations

import streamlit as st

from pages.parts import readers, reading, session

title, choice, other = st.columns([2, 3, 3], vertical_alignment="bottom")
title.header("Draw a digit", anchor=False)
with choice:
    read_by = [readers.choose("Read by", session.READER)]
with other:
    if st.toggle("Compare with another network", key=session.COMPARED):
        read_by.append(readers.choose("And by", session.SECOND))

reading.show(read_by)
