"""Fine-tune: train a copy of a model on My digits, and compare its accuracy before and after."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from nn.analysis.predictions.forgetting import Bools
from nn.analysis.predictions.predict import Predictions
from nn.data import sources
from nn.errors import UserError
from nn.runs.fine_tune import MIN_DIGITS, create_run, learned_images
from nn.runs.store.store import Run, State
from nn.runs.worker.process import launch
from pages.common import errors, model_picker, predictions, test_set
from pages.common import state as session_state
from pages.common.model_picker import Model
from pages.common.predictions import SnapshotId
from pages.common.text import note, plain
from pages.components.image_gallery import Group, image_gallery, network_input
from pages.draw import state as draw_state
from pages.server.shared_store import store

INTERVAL = 1  # seconds between updates while the run trains
MIN_PERCENT = 1000  # images from which on an accuracy is shown in percent
MAX_SHOWN, SIZE = 12, 56  # images shown of a kind, and their side in pixels on the page
DATASETS = {"mnist": "MNIST", "strokes": "the built-in synthetic digits"}


class Count(NamedTuple):
    """How many of some images were classified correctly."""

    name: str
    total: int
    before: int
    after: int


def show(models: list[Model], digit_count: int) -> None:
    """Buttons that fine-tune the chosen models, then the newest fine-tuned run."""
    runs = [run for run in store().runs() if run.spec.extra_data and session_state.owns(run)]
    active = next((run for run in runs if run.state.active), None)
    distinct = list({model.init_from: model for model in models}.values())
    _buttons(distinct, digit_count, active is not None)
    chosen = [model.run_id for model in models]
    run = active or next((run for run in runs if run.id in chosen), next(iter(runs), None))
    if run:
        follow = st.fragment(_progress, run_every=INTERVAL if active else None)
        follow(run.id, chosen, active is not None)


def _buttons(models: list[Model], digit_count: int, is_training: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for model in models:
            st.button(
                "Fine-tune on my digits" if len(models) == 1 else f"Fine-tune {plain(model.name)}",
                icon=":material/model_training:",
                disabled=is_training or digit_count < MIN_DIGITS,
                on_click=_start,
                args=(model,),
                key=f"fine-tune {model.key}",
            )
        if is_training:
            note("A fine-tuning run is in progress.")
        elif digit_count < MIN_DIGITS:
            note(f"Save at least {MIN_DIGITS} digits to fine-tune a model on them.")
        else:
            note(
                f"Trains a copy of the model on your digits and "
                f"{DATASETS[sources.default_dataset()]} together, "
                "so that it does not forget what it has learned. Takes a minute or two."
            )


@errors.in_toast(draw_state.show_message)
def _start(model: Model) -> None:
    run = create_run(store(), session_state.visitor_id(), model.init_from, model.name)
    launch(run.id)


def _progress(run_id: str, chosen: list[str], was_active: bool) -> None:
    """chosen: ids of the runs that the chosen models belong to."""
    try:
        run = store().run(run_id)
    except UserError:
        note("The fine-tuned run has been deleted.")
        return
    if was_active and not run.state.active:
        st.rerun()
    st.markdown(f"**{plain(run.name)}**")
    if message := status(run):
        st.markdown(plain(message))
    if run.state is State.RUNNING:
        st.progress(run.step / max(1, run.total_steps), f"{run.samples_seen:,} images seen")
    steps = store().snapshot_steps(run.id)
    if run.state in (State.FINISHED, State.STOPPED) and len(steps) > 1:
        _before_and_after(run, steps[0], steps[-1])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if run.state is State.FINISHED and run.id not in chosen and st.button(
            "Use this model",
            icon=":material/check:",
            type="primary",
            on_click=model_picker.select,
            args=(draw_state.MODELS[0], run.id, steps[-1]),
        ):  # fmt: skip
            st.rerun()  # the model is chosen outside this fragment
        st.page_link(
            "train/page.py",
            label="Watch on Train" if run.state.active else "Open on Train",
            icon=":material/timeline:",
            query_params={"run": run.id},
        )


def status(run: Run) -> str:
    """Why the run is not training, in plain text; "" while it trains and when it has finished."""
    return {
        State.QUEUED: run.message or "Starting…",
        State.PAUSED: "Paused. Resume it on the Train page.",
        State.STOPPED: "Stopped before training was complete.",
        State.FAILED: f"Training failed. {run.message}",
        State.DIVERGED: run.message,
        State.INTERRUPTED: run.message,
    }.get(run.state, "")


def _before_and_after(run: Run, first: int, last: int) -> None:
    """first, last: steps of the snapshots before and after fine-tuning."""
    my_digits, test = (
        test_set.get(test_set.MY_DIGITS, run),
        test_set.get(test_set.RUN_TEST_SET, run),
    )
    if not my_digits:
        return
    try:
        learned = _learned_images(run.id)
        was_learned = np.array([image.tobytes() in learned for image in my_digits.data.images])
        before, after = (
            predictions.predictions(SnapshotId(run.id, step), my_digits) for step in (first, last)
        )
        counts = count_correct(before, after, was_learned)
        if test:
            correct = [
                int(predictions.correct(SnapshotId(run.id, step), test).sum())
                for step in (first, last)
            ]
            counts.append(Count(test.name, len(test.data), *correct))
    except UserError as error:
        st.markdown(plain(str(error)))
        return
    st.markdown(table(counts))
    if was_learned.all():
        note(
            "The model was trained on all these digits, so this does not show how well it does on "
            "new ones. Save a few more; they will be counted separately."
        )
    images = my_digits.data.images
    _changed("Corrected", images, before, after, ~before.correct & after.correct)
    _changed("Newly misclassified", images, before, after, before.correct & ~after.correct)


@st.cache_data(max_entries=16, show_spinner=False)
def _learned_images(run_id: str) -> set[bytes]:
    return learned_images(store(), store().run(run_id))


def count_correct(before: Predictions, after: Predictions, was_learned: Bools) -> list[Count]:
    """Counts for the digits that the run was trained on, and for the others if there are any."""
    return [
        Count(name, int(of.sum()), int(before.correct[of].sum()), int(after.correct[of].sum()))
        for name, of in (
            ("Your digits used in training", was_learned),
            ("Your other digits", ~was_learned),
        )
        if of.any()
    ]


def table(counts: list[Count]) -> str:
    """Markdown. For few images a count says more than a percentage."""
    rows = ["| Correct | before | after |", "|:---|---:|---:|"]
    for name, total, before, after in counts:
        cells = [
            f"{correct} of {total}"
            if total < MIN_PERCENT
            else f"{100 * correct / total:.2f}\u00a0%"
            for correct in (before, after)
        ]
        rows.append(f"| {plain(name)} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _changed(
    title: str, images: np.ndarray, before: Predictions, after: Predictions, which: Bools
) -> None:
    rows = np.flatnonzero(which)
    if not len(rows):
        return
    more = f", {MAX_SHOWN} of {len(rows)}" if len(rows) > MAX_SHOWN else ""
    st.markdown(f"{title}{more}")
    image_gallery(
        [
            Group(
                [network_input(images[row], f"Your {before.labels[row]}")],
                str(before.labels[row]),
                f"{before.predicted[row]} → {after.predicted[row]}",
            )
            for row in rows[:MAX_SHOWN]
        ],
        SIZE,
        title,
    )
