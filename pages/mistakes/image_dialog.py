"""Opened: one picture seen large, with all ten probabilities; any, or one that is read wrong."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.predictions.predict import Predictions, mistakes
from pages.common.note import note
from pages.common.predictions import SHIPPED, Moment
from pages.common.test_set import Pictures
from pages.common.text import plain
from pages.components.image_closeup import image_closeup
from pages.components.prediction_card import a, card, percent
from pages.mistakes import state as mistakes_state


def draw_lots(reading: Predictions, pictures: Pictures, key: str) -> None:
    """Two buttons, each with a key of the keyboard, that open a picture at random."""
    wrong = mistakes(reading)

    def open_one(rows: NDArray[np.intp]) -> None:
        mistakes_state.open_image(pictures.key, int(np.random.default_rng().choice(rows)))

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


def show(reading: Predictions, pictures: Pictures, moment: Moment) -> None:
    """The picture that was opened last, if any, above the page."""
    if mistakes_state.opened(pictures.key) is not None:
        st.dialog(
            "One picture",
            width="medium",
            on_dismiss=lambda: mistakes_state.open_image(pictures.key, None),
        )(_large)(reading, pictures, moment)


def _large(reading: Predictions, pictures: Pictures, moment: Moment) -> None:
    row = mistakes_state.opened(pictures.key)
    if row is None:
        return
    truth, answer = int(reading.labels[row]), int(reading.predicted[row])
    sure = percent(float(reading.confidence[row]))
    if truth == answer:
        st.markdown(f"It is **{a(truth)}**, and is read as one: right, **{sure}** sure.")
    else:
        st.markdown(f"It is **{a(truth)}**, read as **{a(answer)}**: wrong, and **{sure}** sure.")
    image_closeup(card(reading, pictures, row))
    with st.container(horizontal=True, gap="small"):
        draw_lots(reading, pictures, "next")
    note(f"Picture {row:,} of {plain(pictures.name)}")
    if pictures.own:
        st.page_link(
            "draw/page.py",
            label="Open it on the Draw page, with its evidence",
            icon=":material/draw:",
            query_params={"digit": str(row)}
            | ({"run": moment.run, "step": str(moment.step)} if moment != SHIPPED else {}),
        )
