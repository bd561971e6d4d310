"""Reading: the paper, and all that is said of what is on it; runs anew after every stroke."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn import recogniser
from nn.digits.normalise import Normalised, normalise
from nn.errors import UserError
from pages.parts import bars, gallery, loaded, session, verdict, way, why
from pages.parts.gallery import Group, light
from pages.parts.paper import Drawing, paper
from pages.parts.readers import Reader
from pages.parts.text import plain

SECTIONS = ["Why?", "The way there"]
SEEN = 140  # pixels of the page

BLANK = Normalised(np.zeros((28, 28), np.uint8), True, {})


@st.fragment
def show(readers: list[Reader]) -> None:
    writing, answering = st.columns([5, 6], gap="large")
    with writing:
        try:
            drawing, seen = _look()
        except UserError as error:
            st.error(plain(str(error)))
            drawing, seen = None, BLANK
    answers = [reader.read(seen) for reader in readers]
    with answering, st.container(key="answer", gap="small"):
        for column, reader, answer in zip(st.columns(len(readers)), readers, answers, strict=True):
            with column:
                _answer(reader, answer, seen, alone=len(readers) == 1)
    if seen.blank:
        return
    way.show(seen, "way")
    why.show(seen.image, readers[0], answers[0].digit or 0)


def _look() -> tuple[Drawing | None, Normalised]:
    """What is on the paper, and what a network sees of it."""
    picture = session.loaded()
    drawing = paper(picture and loaded.shown(picture), lambda: session.load(None))
    if picture:
        st.caption(plain(picture.words))
    if drawing:
        return drawing, normalise(drawing.image)
    return None, loaded.seen(picture) if picture else BLANK


def _answer(reader: Reader, answer: recogniser.Answer, seen: Normalised, alone: bool) -> None:
    if not alone:
        st.caption(plain(reader.name))
    if seen.blank:
        said, how = verdict.NOTHING, "A network reads it as soon as you lift the pen."
    elif answer.refused:
        said = verdict.NO_DIGIT
        how = f"If it had to be one: {verdict.a(answer.digit or 0)}."
    else:
        said, how = (
            verdict.words(answer.probabilities),
            f"{verdict.percent(answer.confidence)} sure",
        )
    st.subheader(said, anchor=False)
    st.caption(how)
    left, right = st.columns([3, 1.4], gap="medium") if alone else (st.container(), st.container())
    with left:
        bars.show(answer.probabilities, f"bars {reader.key}")
    with right:
        note = "28 × 28 pixels" if not seen.blank else ""
        gallery.show(
            [Group([light(seen.image, "What the network sees")], "What it sees", note)],
            SEEN,
            f"sees {reader.key}",
        )
