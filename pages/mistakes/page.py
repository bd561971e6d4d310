"""Mistakes: what a network reads wrong, how sure it was of it, and how that changed."""

from __future__ import annotations

import streamlit as st

from nn.analysis.predictions.confusion import Confusion
from nn.analysis.predictions.confusion import confusion as confusion_of
from nn.analysis.predictions.predict import Predictions
from nn.errors import UserError
from nn.runs.store.store import Run, State
from pages.common import export_menu, predictions, run_picker, state, test_set
from pages.common.note import note
from pages.common.predictions import SHIPPED, Moment
from pages.common.test_set import Pictures
from pages.common.text import plain
from pages.components.prediction_card import percent
from pages.components.timeline import timeline
from pages.mistakes import calibration, hard_examples, image_dialog, per_digit
from pages.mistakes import confusion as confusion_view
from pages.mistakes import state as mistakes_state
from pages.server.shared_store import store

EVERY = 3  # seconds between two looks at a run that learns


def body(run: Run | None, seen: Pictures, step: int | None) -> None:
    """run: None: the pretrained model; step: None: the newest."""
    moment, steps = SHIPPED, [SHIPPED.step]
    if run:
        now = store().run(run.id)
        if now.state is not run.state:
            st.rerun()
        run = now
        steps = kept(run)
        if not steps:
            st.info("This run has not begun to learn: there is nothing to read with yet.")
            return
        moment = Moment(run.id, steps[-1] if step is None else step)
    try:
        reading = predictions.reading(moment, seen)
    except UserError as error:
        st.info(plain(str(error)))
        return
    right = int(reading.correct.sum())
    words, lots = st.columns([3, 2], vertical_alignment="center")
    with words, st.container(gap="xsmall"):
        st.subheader(f"{percent(right / len(reading.labels))} read right", anchor=False)
        note(_more(right, reading, moment, seen, steps[-1]))
        if run and run.state in (State.DIVERGED, State.FAILED):
            note(f"This run has {run.state}: {plain(run.message)}")
    with lots, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        image_dialog.draw_lots(reading, seen, "any")
    which, digits, sureness, hard = st.tabs(
        ["Mix-ups", "Digit by digit", "How sure?", "Hardest pictures"],
        key=mistakes_state.LOOK,
        on_change="rerun",
    )
    # Only what is looked at is worked out.
    if which.open:
        with which:
            confusion_view.show(reading, seen)
    if digits.open:
        with digits:
            per_digit.show(reading, seen, run, steps, moment)
    if sureness.open:
        with sureness:
            calibration.show(reading)
    if hard.open:
        with hard:
            hard_examples.show(reading, seen, run, steps, moment)
    image_dialog.show(reading, seen, moment)


def _more(right: int, reading: Predictions, moment: Moment, seen: Pictures, last: int) -> str:
    total = len(reading.labels)
    said = f"{right:,} of {total:,} pictures ({plain(seen.name)}); {total - right:,} wrong."
    if moment.step == last:
        return said
    try:
        end = float(predictions.reading(Moment(moment.run, last), seen).correct.mean())
    except UserError:
        return f"{said} At the newest moment the network has diverged."
    return f"{said} At the newest moment {percent(end)}."


def kept(run: Run) -> list[int]:
    """The steps of its kept frames up to where it is."""
    return [step for step in store().snapshot_steps(run.id) if step <= run.step]


def confusion() -> Confusion:
    """As it is when asked: a run that learns goes on meanwhile."""
    moment = SHIPPED
    if run:
        moment = Moment(run.id, kept(store().run(run.id))[-1] if step is None else step)
    reading = predictions.reading(moment, seen)
    return confusion_of(reading.labels, reading.predicted)


title, network, choice, corner = st.columns([2, 4, 4, 3], vertical_alignment="bottom")
title.header("Mistakes", anchor=False)
with network:
    run = run_picker.choose()
with choice:
    kind = test_set.choose(run)
step = None
if run:
    step = timeline(run, state.moment(store().snapshot_steps(run.id)))
    state.look_at(step)
else:
    note(
        "This is the network that comes with Digitscope, at the end of its learning: there are no "
        "earlier moments to go to. Train one of your own, and you can watch its mistakes change."
    )
seen = test_set.get(kind, run)
if seen:
    follows = run and run.state.active and step is None
    st.fragment(body, run_every=EVERY if follows else None)(run, seen, step)
    steps = kept(run) if run else [SHIPPED.step]
    if steps:
        with corner:
            export_menu.out(run, steps, steps[-1] if step is None else step, confused=confusion)
