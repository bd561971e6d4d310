"""The Mistakes page: what a model misclassifies, how confident it is, how robust, and how that
changed."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import streamlit as st

from nn.analysis.predictions.confusion import Confusion
from nn.analysis.predictions.confusion import confusion as confusion_of
from nn.analysis.predictions.predict import Predictions
from nn.errors import UserError
from nn.runs.store.store import Run, State
from pages.common import export_menu, model_picker, state, test_set
from pages.common import predictions as model_predictions
from pages.common.numbers import percent
from pages.common.predictions import PRETRAINED, SnapshotId
from pages.common.test_set import ImageSet
from pages.common.text import note, plain
from pages.components.timeline import timeline
from pages.mistakes import (
    calibration,
    confusion,
    hard_examples,
    image_dialog,
    per_digit,
    robustness,
)
from pages.mistakes import state as mistakes_state
from pages.server.shared_store import store

INTERVAL = 3  # seconds between updates while the run trains
TABS = "Confusion matrix", "Per digit", "Calibration", "Robustness", "Hardest images"


def body(run: Run | None, images: ImageSet, step: int | None) -> None:
    """run: None for the pretrained model; step: None for the newest snapshot."""
    snapshot, steps = PRETRAINED, [PRETRAINED.step]
    if run:
        current = store().run(run.id)
        if current.state is not run.state:
            st.rerun()
        run = current
        steps = kept_steps(run)
        if not steps:
            st.info("Training has not started yet, so this run has no predictions.")
            return
        snapshot = SnapshotId(run.id, steps[-1] if step is None else step)
    try:
        predictions = model_predictions.predictions(snapshot, images)
    except UserError as error:
        st.info(plain(str(error)))
        return
    correct = int(predictions.correct.sum())
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left, st.container(gap="xsmall"):
        st.header(f"{percent(correct / len(predictions.labels))} accuracy", anchor=False)
        note(_summary(correct, predictions, snapshot, images, steps[-1]))
        if run and run.state in (State.DIVERGED, State.FAILED):
            note(f"This run has {run.state}: {plain(run.message)}")
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        image_dialog.random_buttons(predictions, images, "page")
    tabs = st.tabs(TABS, key=mistakes_state.TAB, on_change="rerun")
    confusion_tab, per_digit_tab, calibration_tab, robustness_tab, hardest_tab = tabs
    # Only the open tab is computed.
    if confusion_tab.open:
        with confusion_tab:
            confusion.show(predictions, images)
    if per_digit_tab.open:
        with per_digit_tab:
            per_digit.show(predictions, images, run, steps, snapshot)
    if calibration_tab.open:
        with calibration_tab:
            calibration.show(predictions)
    if robustness_tab.open:
        with robustness_tab:
            robustness.show(images, snapshot)
    if hardest_tab.open:
        with hardest_tab:
            hard_examples.show(predictions, images, run, steps, snapshot)
    image_dialog.show(predictions, images, snapshot)


def _summary(
    correct: int, predictions: Predictions, snapshot: SnapshotId, images: ImageSet, last: int
) -> str:
    total = len(predictions.labels)
    summary = (
        f"{correct:,} of {total:,} images correct ({plain(images.name)}); "
        f"{total - correct:,} {'error' if total - correct == 1 else 'errors'}"
    )
    if snapshot.step == last:
        return summary
    try:
        newest = model_predictions.predictions(SnapshotId(snapshot.run, last), images)
    except UserError:
        return f"{summary}. At the newest snapshot the network has diverged."
    return f"{summary}. Newest snapshot: {percent(float(newest.correct.mean()))} accuracy"


def kept_steps(run: Run) -> list[int]:
    """Steps of the run's kept snapshots up to its current step."""
    return [step for step in store().snapshot_steps(run.id) if step <= run.step]


def current_confusion(images: ImageSet) -> Confusion:
    """At the time of the call: a run that trains goes on meanwhile."""
    snapshot = PRETRAINED
    if run:
        newest = kept_steps(store().run(run.id))[-1]
        snapshot = SnapshotId(run.id, newest if step is None else step)
    predictions = model_predictions.predictions(snapshot, images)
    return confusion_of(predictions.labels, predictions.predicted)


title, model_column, images_column, export_column = st.columns(
    [4, 10, 6, 4], vertical_alignment="bottom"
)
title.title("Mistakes", anchor=False)
state.open_run_in_view()
with model_column:
    run = model_picker.choose_in_view()
with images_column:
    kind = test_set.choose(run)
step = None
if run:
    step = timeline(run, state.snapshot_in_view(store().snapshot_steps(run.id)))
    state.view_snapshot(step)
else:
    note(
        "The pretrained model has only its final snapshot. Train your own network to see how its "
        "mistakes change."
    )
images = test_set.get(kind, run)
if images:
    follows = run and run.state.active and step is None
    st.fragment(body, run_every=INTERVAL if follows else None)(run, images, step)
    steps = kept_steps(run) if run else [PRETRAINED.step]
    if steps:
        with export_column, suppress(UserError):  # of a damaged snapshot; the body says so
            export_menu.show(
                run,
                steps,
                steps[-1] if step is None else step,
                confusion=partial(current_confusion, images),
            )
