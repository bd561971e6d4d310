"""Confused: which digit is taken for which, and the pictures where that happened."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.predictions.confusion import DIGITS, confusion
from nn.analysis.predictions.predict import Predictions, confusion_cell, mistakes
from pages.common.note import note
from pages.common.test_set import Pictures
from pages.components.confusion_matrix import confusion_matrix
from pages.components.prediction_card import a, card
from pages.components.thumbnails import thumbnails
from pages.mistakes import state as mistakes_state
from pages.mistakes.state import ANY

PER_LEAF = 20  # pictures seen at once
COUNTS, SHARES = "How many", "In percent"
SUREST, LEAST = "Surest first", "Least sure first"


def show(reading: Predictions, pictures: Pictures) -> None:
    matrix, gallery = st.columns([4, 5], gap="large")
    with matrix:
        _matrix(reading)
    with gallery:
        _gallery(reading, pictures)


def _matrix(reading: Predictions) -> None:
    numbers = st.segmented_control(
        "Numbers", [COUNTS, SHARES], default=COUNTS, required=True, key=mistakes_state.COUNTED
    )
    found = confusion(reading.labels, reading.predicted)
    confusion_matrix(found, numbers == SHARES, mistakes_state.cell(), _click)
    note(
        "Which digit is taken for which (confusion matrix): each row is a digit as it is, each "
        "column what it was read as. The green diagonal is right; the redder a cell, the larger "
        "the share of that digit that went wrong there. Click a cell to see its pictures."
    )


def _click(truth: int, answer: int) -> None:
    """On a cell; on the one that is chosen: no longer."""
    again = mistakes_state.cell() == (truth, answer)
    mistakes_state.choose(*(ANY, ANY) if again else (truth, answer))


def _gallery(reading: Predictions, pictures: Pictures) -> None:
    truth, answer, order = st.columns([1, 1.2, 1.2])
    is_, read_as = (
        place.selectbox(
            label,
            [ANY, *range(DIGITS)],
            format_func=lambda digit, words=words: words if digit == ANY else str(digit),
            key=key,
            on_change=mistakes_state.first_leaf,
        )
        for place, label, words, key in (
            (truth, "It is", "any digit", mistakes_state.TRUTH),
            (answer, "Read as", "a wrong digit", mistakes_state.ANSWER),
        )
    )
    first = order.selectbox("Order", [SUREST, LEAST], key=mistakes_state.ORDER)
    rows = chosen(reading, is_, read_as)
    if first == LEAST:
        rows = rows[::-1]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{_title(len(rows), is_, read_as)}**", width="content")
        if (is_, read_as) != (ANY, ANY):
            st.button(
                "Show all mistakes",
                type="tertiary",
                on_click=mistakes_state.choose,
                args=(ANY, ANY),
            )
    if not len(rows):
        return
    leaves = -(-len(rows) // PER_LEAF)
    leaf = min(leaves, st.session_state.get(mistakes_state.LEAF, 1))
    shown = rows[(leaf - 1) * PER_LEAF : leaf * PER_LEAF]
    thumbnails(
        [card(reading, pictures, int(row)) for row in shown],
        lambda row: mistakes_state.open_image(pictures.key, row),
        "gallery",
    )
    if leaves > 1:
        st.session_state[mistakes_state.LEAF] = leaf
        st.pagination(leaves, key=mistakes_state.LEAF)
    note(
        "The ten bars under a picture are the probabilities of 0 to 9: red its answer, green the "
        "truth. Click a picture to see it large."
    )


def chosen(reading: Predictions, truth: int, answer: int) -> NDArray[np.intp]:
    """Surest first: the pictures of a digit (ANY: of all) that are read as another (ANY: as a
    wrong one)."""
    if truth != ANY and answer != ANY:
        return confusion_cell(reading, truth, answer)
    rows = mistakes(reading)
    if truth != ANY:
        rows = rows[reading.labels[rows] == truth]
    if answer != ANY:
        rows = rows[reading.predicted[rows] == answer]
    return rows


def _title(n: int, truth: int, answer: int) -> str:
    pictures = "1 picture" if n == 1 else f"{n:,} pictures" if n else "No picture"
    what = "" if truth == ANY else f" of {a(truth)}"
    if truth == answer != ANY:
        return f"{pictures}{what} read right"
    return f"{pictures}{what} read {'wrong' if answer == ANY else f'as {a(answer)}'}"
