"""Hardest: the pictures that a network learned late, or learned and forgot again."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.predictions import forgetting
from nn.analysis.predictions.forgetting import Bools
from nn.analysis.predictions.predict import Predictions
from nn.runs.store.store import Run
from pages.common import predictions
from pages.common.note import note
from pages.common.predictions import Moment
from pages.common.test_set import Pictures
from pages.components.prediction_card import a
from pages.components.thumbnails import Thumbnail, encoded, thumbnails
from pages.mistakes import state as mistakes_state

MOMENTS = 60  # at which it is looked whether each picture is read right
WORK = 5e11  # multiplications: some ten seconds on one core
MOST = 240  # pictures that are shown
PER_LEAF = 40
LATE, FORGOTTEN = "Learned late or never", "Forgotten most often"


def show(
    reading: Predictions, pictures: Pictures, run: Run | None, steps: list[int], moment: Moment
) -> None:
    st.markdown(
        "Some pictures are read right from early on. Others are learned **late**, or learned and "
        "**forgotten** again: read right at one moment and wrong at the next."
    )
    if not run:
        st.markdown("That takes the moments of a run: choose one above, or train a network.")
        return
    what = (run.id, pictures.key)
    if mistakes_state.sought() != what:
        st.button("Find the hardest pictures", on_click=mistakes_state.seek, args=(what,))
        return
    moments = predictions.moments(run, steps, moment.step, pictures, MOMENTS, WORK)
    progress, stop = st.empty(), st.empty()
    stop.button("Stop looking", on_click=mistakes_state.seek, args=(None,))
    rights = []
    for number, earlier in enumerate(moments, 1):
        rights.append(predictions.right(earlier, pictures))
        progress.progress(
            number / len(moments), f"Predictions the pictures at moment {number} of {len(moments)}"
        )
    progress.empty()
    stop.empty()
    _found(np.array(rights), reading, pictures, moments)


def _found(right: Bools, reading: Predictions, pictures: Pictures, moments: list[Moment]) -> None:
    by = st.segmented_control(
        "Order", [LATE, FORGOTTEN], default=LATE, required=True, key=mistakes_state.HARDEST
    )
    late, times = forgetting.learned_at(right), forgetting.forgetting_events(right)
    rows: NDArray[np.intp]
    if by == LATE:
        rows = forgetting.hardest(right)[:MOST]
        rows = rows[late[rows] > 0]
    else:
        rows = np.lexsort((-late, -times))[:MOST]
        rows = rows[times[rows] > 0]
    never = int(np.count_nonzero(late == len(moments)))
    st.markdown(
        f"At {len(moments)} moments up to this one: **{never:,}** of {len(late):,} pictures are "
        f"not read right now, and **{int(np.count_nonzero(times)):,}** were forgotten at least "
        "once."
    )
    if not len(rows):
        note("There is none.")
        return
    leaves = -(-len(rows) // PER_LEAF)
    leaf = min(leaves, st.session_state.get(mistakes_state.HARDEST_LEAF, 1))
    samples_seen = [predictions.samples_seen(moment) for moment in moments]
    thumbnails(
        [
            _card(reading, pictures, int(row), int(late[row]), int(times[row]), samples_seen)
            for row in rows[(leaf - 1) * PER_LEAF : leaf * PER_LEAF]
        ],
        lambda row: mistakes_state.open_image(pictures.key, row),
        "hard ones",
    )
    if leaves > 1:
        st.session_state[mistakes_state.HARDEST_LEAF] = leaf
        st.pagination(leaves, key=mistakes_state.HARDEST_LEAF)
    note(
        "“Right since 12K” means: read right at every moment from when the network had seen 12,000 "
        "digits. How often a picture is forgotten tells how hard it is (Toneva and others, 2019)."
    )


def _card(
    reading: Predictions,
    pictures: Pictures,
    row: int,
    late: int,
    times: int,
    samples_seen: list[int],
) -> Thumbnail:
    truth, answer = int(reading.labels[row]), int(reading.predicted[row])
    title = str(truth) if truth == answer else f"{truth}, predicted {answer}"
    when = (
        f"right since {short(samples_seen[late])}" if late < len(samples_seen) else "not right now"
    )
    forgotten = f"forgotten {times} ×" if times else "never forgotten"
    alt = f"Picture {row:,}: {a(truth)}, {when}, {forgotten}."
    return Thumbnail(row, encoded(pictures.data.images[row]), title, f"{when}\n{forgotten}", alt)


def short(count: int) -> str:
    """As on the timeline: 640, 12K, 3.4M."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.3g}K" if count < 999_500 else f"{count / 1e6:.3g}M"
