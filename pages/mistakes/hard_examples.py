"""Hardest images: those that a network learned late, or learned and forgot again."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.predictions.forgetting import Bools, forgetting_events, hardest, learned_at
from nn.analysis.predictions.predict import Predictions
from nn.runs.store.store import Run
from pages.common import predictions as model_predictions
from pages.common.numbers import short_count
from pages.common.predictions import SnapshotId
from pages.common.test_set import ImageSet
from pages.common.text import note, with_article
from pages.components.thumbnails import Thumbnail, encoded, thumbnails
from pages.mistakes import state as mistakes_state

MAX_SNAPSHOTS = 60  # at which the images are classified
MAX_WORK = 5e11  # multiplications: about ten seconds on one core
MAX_SHOWN = 240  # images
PER_PAGE = 40
LATE, FORGOTTEN = "Learned last", "Forgotten most often"


def show(
    predictions: Predictions,
    images: ImageSet,
    run: Run | None,
    steps: list[int],
    snapshot: SnapshotId,
) -> None:
    """steps: of the run's kept snapshots; run: None for the pretrained model, which has none."""
    st.markdown(
        "The network classifies most images correctly early in training. It learns others "
        "**late** or **forgets** them again: correct at one snapshot, misclassified at the next. "
        "The number of such forgetting events shows how hard an image is (Toneva et al. 2019)."
    )
    if not run:
        st.markdown("This needs the snapshots of a run: choose a run above, or train a network.")
        return
    search = (run.id, images.key)
    if mistakes_state.search() != search:
        st.button("Find the hardest images", on_click=mistakes_state.start_search, args=(search,))
        return
    snapshots = model_predictions.evenly_spaced(
        run, steps, snapshot.step, images, MAX_SNAPSHOTS, MAX_WORK
    )
    progress, cancel = st.empty(), st.empty()
    cancel.button("Cancel", on_click=mistakes_state.start_search, args=(None,))
    correct = []
    for number, earlier in enumerate(snapshots, 1):
        correct.append(model_predictions.correct(earlier, images))
        progress.progress(
            number / len(snapshots), f"Classifying: snapshot {number} of {len(snapshots)}"
        )
    progress.empty()
    cancel.empty()
    _hardest(np.array(correct), predictions, images, snapshots)


def _hardest(
    correct_by_snapshot: Bools,
    predictions: Predictions,
    images: ImageSet,
    snapshots: list[SnapshotId],
) -> None:
    """correct_by_snapshot: (snapshots, n)"""
    order = st.segmented_control(
        "Order", [LATE, FORGOTTEN], default=LATE, required=True, key=mistakes_state.HARD_ORDER
    )
    learned, events = learned_at(correct_by_snapshot), forgetting_events(correct_by_snapshot)
    rows: NDArray[np.intp]
    if order == LATE:
        rows = hardest(correct_by_snapshot)[:MAX_SHOWN]
        rows = rows[learned[rows] > 0]
    else:
        rows = np.lexsort((-learned, -events))[:MAX_SHOWN]
        rows = rows[events[rows] > 0]
    misclassified = int(np.count_nonzero(learned == len(snapshots)))
    st.markdown(
        f"Compared at {len(snapshots)} snapshots: **{misclassified:,}** of "
        f"{len(learned):,} images are misclassified at the selected one, and "
        f"**{int(np.count_nonzero(events)):,}** were forgotten at least once."
    )
    if not len(rows):
        note("No images.")
        return
    pages = -(-len(rows) // PER_PAGE)
    page = mistakes_state.page(mistakes_state.HARD_PAGE, pages)
    samples_seen = [model_predictions.samples_seen(snapshot) for snapshot in snapshots]
    thumbnails(
        [
            _thumbnail(
                predictions, images, int(row), int(learned[row]), int(events[row]), samples_seen
            )
            for row in rows[(page - 1) * PER_PAGE : page * PER_PAGE]
        ],
        lambda row: mistakes_state.show_image(images.key, row),
        "hardest images",
    )
    if pages > 1:
        st.pagination(pages, key=mistakes_state.HARD_PAGE)
    note("“correct since 12K”: correct at every snapshot since the network had seen 12,000 images.")


def _thumbnail(
    predictions: Predictions,
    images: ImageSet,
    row: int,
    learned: int,
    events: int,
    samples_seen: list[int],
) -> Thumbnail:
    """learned: index of the snapshot from which on the image is correct."""
    label, predicted = int(predictions.labels[row]), int(predictions.predicted[row])
    title = str(label) if label == predicted else f"{label}, predicted {predicted}"
    since = (
        f"correct since {short_count(samples_seen[learned])}"
        if learned < len(samples_seen)
        else "misclassified"
    )
    forgotten = f"forgotten {events} ×" if events else "never forgotten"
    alt = f"Image {row:,}: {with_article(label)}, {since}, {forgotten}."
    return Thumbnail(row, encoded(images.data.images[row]), title, f"{since}\n{forgotten}", alt)
