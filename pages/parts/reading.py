"""Reading: the paper, and all that is said of what is on it; runs anew after every stroke."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn import recogniser
from nn.digits.normalise import Normalised, normalise
from nn.errors import UserError
from pages.parts import bars, bring, gallery, loaded, mine, session, verdict, watch, way, why
from pages.parts.gallery import Group, light
from pages.parts.paper import Drawing, paper, png
from pages.parts.readers import Reader
from pages.parts.text import plain

SEEN = 140  # pixels of the page

BLANK = Normalised(np.zeros((28, 28), np.uint8), True, {})


@st.fragment
def show(readers: list[Reader]) -> None:
    writing, answering = st.columns([5, 6], gap="large")
    with writing:
        drawing, seen = _look()
    strokes = drawing.strokes if drawing else []
    answers = [reader.read(seen) for reader in readers]
    with answering, st.container(key="answer", gap="small"):
        for column, reader, answer in zip(st.columns(len(readers)), readers, answers, strict=True):
            with column:
                _answer(reader, answer, seen, len(strokes), alone=len(readers) == 1)
        if not seen.blank:
            mine.ask(seen, answers[0], strokes)
    if not seen.blank:
        way.show(seen, "way")
    why_tab, watch_tab, mine_tab, bring_tab = st.tabs(
        ["Why?", "Watch it learn", "My digits", "Pictures"], key=session.SECTION, on_change="rerun"
    )
    # Only what is looked at is worked out: every stroke comes through here.
    if why_tab.open:
        with why_tab:
            if seen.blank:
                st.markdown("Draw a digit, and here you see what made the answer.")
            else:
                why.show(seen.image, readers[0], answers[0].digit or 0)
    if watch_tab.open:
        with watch_tab:
            watch.show()
    if mine_tab.open:
        with mine_tab:
            mine.show(readers)
    if bring_tab.open:
        with bring_tab:
            bring.test_digits(readers[0])
            bring.uploads(readers[0])
    if news := session.news():
        st.toast(plain(news))


def _look() -> tuple[Drawing | None, Normalised]:
    """What is on the paper, and what a network sees of it."""
    picture = session.loaded()
    try:
        drawing = paper(picture and loaded.shown(picture), lambda: session.load(None), bring.pasted)
        image = drawing.image if drawing else picture and loaded.shown(picture)
        seen = loaded.seen(picture) if picture else BLANK
        if drawing:
            seen = normalise(drawing.image)
    except UserError as error:
        st.error(plain(str(error)))
        return None, BLANK
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pin = seen.image.tobytes()
        st.button(
            "Pinned" if pin in session.pinned() else "Pin",
            icon=":material/keep:",
            disabled=seen.blank or pin in session.pinned(),
            on_click=session.pin,
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
            st.caption(plain(picture.words))
    return drawing, seen


def _answer(
    reader: Reader, answer: recogniser.Answer, seen: Normalised, strokes: int, alone: bool
) -> None:
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
        bars.show(answer.probabilities, strokes, f"bars {reader.key}")
    with right:
        note = "28 × 28 pixels" if not seen.blank else ""
        gallery.show(
            [Group([light(seen.image, "What the network sees")], "What it sees", note)],
            SEEN,
            f"sees {reader.key}",
        )
