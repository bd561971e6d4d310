"""Reading: the paper, and all that is said of what is on it, anew after every stroke."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from nn.data.preprocess.pipeline import Preprocessed, preprocess
from nn.errors import UserError
from nn.models import pretrained
from pages.common.model_picker import Reader, choose
from pages.common.note import note
from pages.common.text import plain
from pages.components.deferred_rerun import deferred_rerun
from pages.components.prediction_bars import prediction_bars
from pages.draw import (
    attribution,
    input_image,
    learning_history,
    my_digits,
    preprocessing_steps,
    upload,
)
from pages.draw import state as draw_state
from pages.draw.canvas import paper
from pages.draw.input_image import Loaded
from pages.draw.strokes import SIDE, Drawing, png

ASKED = "Read by", "And by"
SECTIONS = "Why?", "Watch it learn", "My digits", "Pictures"

BLANK = Preprocessed(np.zeros((28, 28), np.uint8), True, {})


class Answered(NamedTuple):
    turn: int  # counts the answers of this session
    readers: list[Reader]
    answer: pretrained.Prediction  # the first one's
    drawing: Drawing | None
    seen: Preprocessed
    picture: Loaded | None  # what lay on the paper


@st.fragment
def answer(two: bool) -> None:
    """Paper and answer; two: with the answers of two networks side by side."""
    writing, answering = st.columns([5, 6], gap="large")
    with writing:
        drawing, seen = _look()
    strokes = len(drawing.strokes) if drawing else 0
    readers, answers = [], []
    turn = draw_state.next_turn()
    with answering, st.container(key="answers" if two else "answer", gap="small"):
        places = st.columns(2) if two else [st.container(gap="small")]
        for label, key, place in zip(ASKED, draw_state.READERS, places, strict=False):
            with place:
                readers.append(choose(label, key))
                answers.append(readers[-1].read(seen))
                image = None if two else seen.image
                prediction_bars(answers[-1], seen.blank, image, strokes, turn, f"bars {key}")
    picture = draw_state.loaded()
    draw_state.answered(Answered(turn, readers, answers[0], drawing, seen, picture))


@st.fragment
def explain() -> None:
    """What can be done with what was read, and what led to the answer.

    A fragment of its own, which ``deferred_rerun`` runs when the answer is on the screen: nobody
    waits for an answer until all this is worked out and drawn.
    """
    turn, readers, answer, drawing, seen, picture = draw_state.last_answered()
    if picture is not draw_state.loaded():  # another one was put on the paper from here
        st.rerun()
    keeping, teaching = st.columns([5, 6], gap="large")
    with keeping:
        _keep(drawing, seen, picture)
    if not seen.blank and not (picture and picture.truth is not None):
        with teaching:
            my_digits.ask(seen, answer, drawing.strokes if drawing else [])
    if "found" in seen.steps:
        preprocessing_steps.show(seen, "way")
    _sections(readers, answer, seen)
    if news := draw_state.news():
        st.toast(plain(news))
    deferred_rerun(turn)
    _warm_up()


@st.cache_resource(show_spinner=False)
def _warm_up() -> None:
    """The first picture that a server reads takes ten times as long as all others: let it be one
    that nobody waits for."""
    stem = np.zeros((SIDE, SIDE), np.uint8)
    stem[SIDE // 4 : -SIDE // 4, SIDE // 2 : SIDE // 2 + 20] = 255
    pretrained.predict(preprocess(stem))


def _look() -> tuple[Drawing | None, Preprocessed]:
    """What is on the paper, and what a network sees of it."""
    picture = draw_state.loaded()
    try:
        drawing = paper(
            picture and input_image.shown(picture),
            bool(picture and not picture.framed),
            lambda: draw_state.load(None),
            upload.pasted,
        )
        if drawing:
            seen = preprocess(drawing.image)
        elif picture:
            seen = input_image.seen(picture)
        else:
            seen = BLANK
    except UserError as error:
        st.error(plain(str(error)))
        return None, BLANK
    return drawing, seen


def _keep(drawing: Drawing | None, seen: Preprocessed, picture: Loaded | None) -> None:
    """Pin it, save it; and what it is, if it was not drawn."""
    image = drawing.image if drawing else picture and input_image.shown(picture)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pin = seen.image.tobytes()
        st.button(
            "Pinned" if pin in draw_state.pinned() else "Pin",
            icon=":material/keep:",
            disabled=seen.blank or pin in draw_state.pinned(),
            on_click=draw_state.pin,
            args=(pin,),
            help="Watch how a network learned to read this very drawing.",
        )
        st.download_button(
            "Save",
            (lambda: png(image)) if image else b"",
            "digit.png",
            "image/png",
            icon=":material/download:",
            disabled=image is None,
            on_click="ignore",
            help="The drawing as a PNG file.",
        )
        if picture:
            note(plain(picture.words))


def _sections(readers: list[Reader], answer: pretrained.Prediction, seen: Preprocessed) -> None:
    """Only the one that is looked at is worked out: every stroke comes through here."""
    tabs = st.tabs(SECTIONS, key=draw_state.SECTION, on_change="rerun")
    why_tab, watch_tab, mine_tab, bring_tab = tabs
    with why_tab:
        if why_tab.open and seen.blank:
            st.markdown("Draw a digit, and here you see what made the answer.")
        elif why_tab.open:
            attribution.show(seen.image, readers[0], answer.predicted or 0)
    with watch_tab:
        if watch_tab.open:
            learning_history.show()
    with mine_tab:
        if mine_tab.open:
            my_digits.show(readers)
    with bring_tab:
        if bring_tab.open:
            upload.test_digits(readers[0])
            upload.uploads(readers[0])
