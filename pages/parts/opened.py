"""Opened: one picture seen large, with all ten probabilities; any, or one that is read wrong."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.inspect.reading import Reading, mistakes
from pages.parts import session, sheet
from pages.parts.cards import a, card, percent
from pages.parts.note import note
from pages.parts.pictures import Pictures
from pages.parts.reads import SHIPPED, Moment
from pages.parts.text import plain


def draw_lots(reading: Reading, pictures: Pictures, key: str) -> None:
    """Two buttons, each with a key of the keyboard, that open a picture at random."""
    wrong = mistakes(reading)

    def open_one(rows: NDArray[np.intp]) -> None:
        session.mistakes.open_picture(pictures.key, int(np.random.default_rng().choice(rows)))

    for label, icon, letter, rows in (
        ("Random digit", "shuffle", "D", np.arange(len(pictures.data))),
        ("Random wrong digit", "error", "W", wrong),
    ):
        st.button(
            label,
            icon=f":material/{icon}:",
            shortcut=letter,
            on_click=open_one,
            args=(rows,),
            disabled=not len(rows),
            key=f"{key} {letter}",
        )


def show(reading: Reading, pictures: Pictures, moment: Moment) -> None:
    """The picture that was opened last, if any, above the page."""
    if session.mistakes.opened(pictures.key) is not None:
        st.dialog(
            "One picture",
            width="medium",
            on_dismiss=lambda: session.mistakes.open_picture(pictures.key, None),
        )(_large)(reading, pictures, moment)


def _large(reading: Reading, pictures: Pictures, moment: Moment) -> None:
    row = session.mistakes.opened(pictures.key)
    if row is None:
        return
    truth, answer = int(reading.labels[row]), int(reading.answers[row])
    sure = percent(float(reading.sureness[row]))
    if truth == answer:
        st.markdown(f"It is **{a(truth)}**, and is read as one: right, **{sure}** sure.")
    else:
        st.markdown(f"It is **{a(truth)}**, read as **{a(answer)}**: wrong, and **{sure}** sure.")
    sheet.closeup(card(reading, pictures, row))
    with st.container(horizontal=True, gap="small"):
        draw_lots(reading, pictures, "next")
    note(f"Picture {row:,} of {plain(pictures.name)}")
    if pictures.own:
        st.page_link(
            "draw.py",
            label="Open it on the Draw page, with its evidence",
            icon=":material/draw:",
            query_params={"digit": str(row)}
            | ({"run": moment.run, "step": str(moment.step)} if moment != SHIPPED else {}),
        )
