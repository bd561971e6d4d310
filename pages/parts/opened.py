"""Opened: one picture seen large, with all ten probabilities; any, or one that is read wrong."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn.inspect.reading import Reading, mistakes
from pages.parts import session, sheet
from pages.parts.cards import a, card, percent
from pages.parts.pictures import Pictures
from pages.parts.reads import Moment


def draw_lots(reading: Reading, pictures: Pictures) -> None:
    """Two buttons, each with a key, that open a picture at random."""
    wrong = mistakes(reading)

    def open_one(rows: np.ndarray) -> None:
        session.open_picture(pictures.key, int(np.random.default_rng().choice(rows)))

    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button(
            "Random digit",
            icon=":material/shuffle:",
            shortcut="D",
            on_click=open_one,
            args=(np.arange(len(pictures.data)),),
        )
        st.button(
            "Random wrong digit",
            icon=":material/error:",
            shortcut="W",
            on_click=open_one,
            args=(wrong,),
            disabled=not len(wrong),
        )


def show(reading: Reading, pictures: Pictures, moment: Moment) -> None:
    """The picture that was opened last, if any, above the page."""
    row = session.opened(pictures.key)
    if row is not None and row < len(pictures.data):
        st.dialog(
            f"Picture {row:,} of {len(pictures.data):,}",
            width="medium",
            on_dismiss=lambda: session.open_picture(pictures.key, None),
        )(_large)(reading, pictures, moment, row)


def _large(reading: Reading, pictures: Pictures, moment: Moment, row: int) -> None:
    shown = card(reading, pictures, row)
    truth, answer = int(reading.labels[row]), int(reading.answers[row])
    sure = percent(float(reading.sureness[row]))
    if truth == answer:
        st.markdown(f"It is **{a(truth)}**, and is read as one: right, **{sure}** sure.")
    else:
        st.markdown(f"It is **{a(truth)}**, read as **{a(answer)}**: wrong, and **{sure}** sure.")
    sheet.closeup(shown)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if pictures.own:
            st.page_link(
                "draw.py",
                label="Open it on the Draw page, with its evidence",
                icon=":material/draw:",
                query_params={"digit": str(row), "run": moment.run, "step": str(moment.step)},
            )
        st.caption("Press D for another picture, W for another wrong one, Esc to close.")
