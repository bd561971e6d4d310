"""Tuning: fine-tune a network on My digits with one click, and see before and after."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from nn.analysis.predictions.forgetting import Bools
from nn.analysis.predictions.predict import Predictions
from nn.data import sources
from nn.errors import UserError
from nn.runs.fine_tune import MIN_DIGITS, create_run, learned_images
from nn.runs.spec import PRETRAINED
from nn.runs.store.store import Run, State
from nn.runs.worker.process import launch
from pages.common import model_picker, predictions, test_set
from pages.common import state as session_state
from pages.common.model_picker import Reader
from pages.common.note import note
from pages.common.predictions import Moment
from pages.common.text import plain
from pages.components.image_gallery import Group, image_gallery, network_input
from pages.draw import state as draw_state
from pages.server.shared_store import store

EVERY = 1  # seconds between two looks while it learns
FEW = 1000  # pictures
SHOWN, SIZE = 12, 56  # pictures of a kind, and pixels of the page
LEARNS = {
    "mnist": "MNIST’s digits",
    "strokes": "the built-in strokes, for MNIST is not on this computer",
}


class Count(NamedTuple):
    """How many of some pictures were read right."""

    what: str
    total: int
    before: int
    after: int


def show(by: list[Reader], held: int) -> None:
    """Fine-tune the networks that read; then the newest network that learned My digits."""
    found = [run for run in store().runs() if run.spec.extra_data and session_state.owns(run)]
    learning = next((run for run in found if run.state.active), None)
    _offer(list({reader.moment: reader for reader in by}.values()), held, learning is not None)
    reading = [reader.moment.partition("@")[0] for reader in by]
    run = learning or next((run for run in found if run.id in reading), next(iter(found), None))
    if run:
        follow = st.fragment(_story, run_every=EVERY if learning else None)
        follow(run.id, reading, learning is not None)


def _offer(by: list[Reader], held: int, learning: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for reader in by:
            st.button(
                "Fine-tune on my digits" if len(by) == 1 else f"Fine-tune {plain(reader.name)}",
                icon=":material/model_training:",
                disabled=learning or held < MIN_DIGITS,
                on_click=_start,
                args=(reader,),
                key=f"tune {reader.key}",
            )
        if learning:
            note("One learns already; the next can start when it has ended.")
        elif held < MIN_DIGITS:
            note(f"Teach it {MIN_DIGITS} digits or more, then a copy of it can learn them.")
        else:
            note(
                f"A copy of it learns your digits among {LEARNS[sources.default_dataset()]}, so "
                "that it does not forget those. That takes a minute or two."
            )


def _start(reader: Reader) -> None:
    try:
        run = create_run(
            store(), session_state.visitor_id(), reader.moment or PRETRAINED, reader.name
        )
    except UserError as error:
        draw_state.tell(str(error))
        return
    launch(run.id)


def _story(run_id: str, reading: list[str], learning: bool) -> None:
    try:
        run = store().run(run_id)
    except UserError:
        note("The run that learned your digits has been deleted.")
        return
    if learning and not run.state.active:
        st.rerun()
    st.markdown(f"**{plain(run.name)}**")
    if sentence := state(run):
        st.markdown(plain(sentence))
    if run.state is State.RUNNING:
        st.progress(run.step / max(1, run.total_steps), f"{run.samples_seen:,} digits seen")
    steps = store().snapshot_steps(run.id)
    if run.state in (State.FINISHED, State.STOPPED) and len(steps) > 1:
        _effect(run, steps[0], steps[-1])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if run.state is State.FINISHED and run.id not in reading and st.button(
            "Read with it",
            icon=":material/check:",
            type="primary",
            on_click=model_picker.prefer,
            args=(run.id, steps[-1]),
        ):  # fmt: skip
            st.rerun()  # it is chosen outside this fragment
        st.page_link(
            "train/page.py",
            label="Watch it on the Train page" if run.state.active else "Look at it on Train",
            icon=":material/timeline:",
            query_params={"run": run.id},
        )


def state(run: Run) -> str:
    """What hinders it, in plain text; "" while it learns and when it has finished."""
    return {
        State.QUEUED: run.message or "It begins in a moment.",
        State.PAUSED: "It is paused. Resume it on the Train page.",
        State.STOPPED: "It was stopped before it had learned everything.",
        State.FAILED: f"It could not learn them. {run.message}",
        State.DIVERGED: run.message,
        State.INTERRUPTED: run.message,
    }.get(run.state, "")


def _effect(run: Run, first: int, last: int) -> None:
    """How it reads at its last step what it read otherwise at its first."""
    mine, test = test_set.get(test_set.MINE, run), test_set.get(test_set.OWN, run)
    if not mine:
        return
    try:
        pixels = _learned(run.id)
        known = np.array([image.tobytes() in pixels for image in mine.data.images])
        was, now = (predictions.reading(Moment(run.id, at), mine) for at in (first, last))
        counts = split(was, now, known)
        if test:
            before, after = (
                int(predictions.right(Moment(run.id, at), test).sum()) for at in (first, last)
            )
            counts.append(Count(test.name, len(test.data), before, after))
    except UserError as error:
        st.markdown(plain(str(error)))
        return
    st.markdown(table(counts))
    if known.all():
        note(
            "It has learned from these very digits, so they say little of your next ones. Teach a "
            "few more: they are counted apart."
        )
    _changed("Read wrong before, right now", mine.data.images, was, now, ~was.correct & now.correct)
    _changed("Read right before, wrong now", mine.data.images, was, now, was.correct & ~now.correct)


@st.cache_data(max_entries=16, show_spinner=False)
def _learned(run_id: str) -> set[bytes]:
    """As nn.runs.fine_tune.learned_images."""
    return learned_images(store(), store().run(run_id))


def split(was: Predictions, now: Predictions, known: Bools) -> list[Count]:
    """How the digits that it learned from were and are read, and the others, if there are such."""
    return [
        Count(what, int(of.sum()), int(was.correct[of].sum()), int(now.correct[of].sum()))
        for what, of in (
            ("Your digits that it learned", known),
            ("Your digits that it has not seen", ~known),
        )
        if of.any()
    ]


def table(counts: list[Count]) -> str:
    """As Markdown. Of few pictures a share says less than their number."""
    rows = ["| Read right | before | after |", "|:---|---:|---:|"]
    for what, total, before, after in counts:
        before_after = [
            f"{right} of {total}" if total < FEW else f"{100 * right / total:.2f}\u00a0%"
            for right in (before, after)
        ]
        rows.append(f"| {plain(what)} | {' | '.join(before_after)} |")
    return "\n".join(rows)


def _changed(
    title: str, images: np.ndarray, was: Predictions, now: Predictions, which: Bools
) -> None:
    rows = np.flatnonzero(which)
    if not len(rows):
        return
    more = f", {SHOWN} of {len(rows)}" if len(rows) > SHOWN else ""
    st.markdown(f"{title}{more}")
    image_gallery(
        [
            Group(
                [network_input(images[row], f"Your {was.labels[row]}")],
                str(was.labels[row]),
                f"{was.predicted[row]} → {now.predicted[row]}",
            )
            for row in rows[:SHOWN]
        ],
        SIZE,
        title,
    )
