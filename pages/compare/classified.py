"""The compared runs on one test set: what the newest network of each predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from nn.analysis.predictions.predict import Predictions
from nn.errors import UserError
from nn.runs.store.store import Run
from pages.common import predictions as model_predictions
from pages.common import state, test_set
from pages.common.predictions import SnapshotId
from pages.common.test_set import ImageSet
from pages.common.text import note, plain
from pages.compare.labels import settings_of
from pages.compare.state import FIRST, SECOND
from pages.server.shared_store import store


class Classified(NamedTuple):
    """A run with the predictions of its newest snapshot."""

    run: Run
    color: str  # CSS
    settings: str  # in which it differs, as plain text
    predictions: Predictions


def classify(
    runs: Sequence[Run], colors: Mapping[str, str]
) -> tuple[list[Classified], ImageSet | None]:
    """Have each run's newest network classify the test set of the first one. Runs with another
    test set, and those without predictions, are named and left out; None: no run is left."""
    settings = settings_of(runs)
    found: list[Classified] = []
    left_out: list[str] = []
    images = None
    status = st.empty()
    for number, run in enumerate(runs, 1):
        try:
            step = newest_step(run)
            if step is None:
                left_out.append(f"{plain(run.name)} (not trained yet)")
                continue
            its_images = test_set.of_run(run)
            images = images or its_images
            if its_images.key != images.key:
                left_out.append(f"{plain(run.name)} (another test set: {plain(its_images.name)})")
                continue
            with status, st.spinner(f"Classifying the test images: run {number} of {len(runs)}"):
                predictions = model_predictions.predictions(SnapshotId(run.id, step), images)
            found.append(Classified(run, colors[run.id], settings[run.id], predictions))
        except UserError as error:
            left_out.append(f"{plain(run.name)} ({plain(str(error).rstrip('.'))})")
    status.empty()
    if left_out:
        note(f"Left out: {', '.join(left_out)}.")
    return found, images


def newest_step(run: Run) -> int | None:
    """Of its kept snapshots up to where it is now. Raises UserError when it was deleted."""
    now = store().run(run.id).step
    return max((step for step in store().snapshot_steps(run.id) if step <= now), default=None)


def choose_two(found: Sequence[Classified]) -> tuple[Classified, Classified] | None:
    """Ask for two of the runs; None, with a note, where there are fewer."""
    if len(found) < 2:
        note("Compare at least two trained runs with the same test set to see this.")
        return None
    by_id = {each.run.id: each for each in found}

    def choose(label: str, key: str, options: Sequence[str], default: str) -> Classified:
        state.keep_valid(key, options, default)
        run_id: str = st.selectbox(
            label,
            options,
            format_func=lambda run_id: _label(by_id[run_id]),
            key=key,
            persist_state="session",
        )
        return by_id[run_id]

    ids = list(by_id)
    left, right = st.columns(2)
    with left:
        first = choose("First run", FIRST, ids, ids[0])
    with right:
        others = [run_id for run_id in ids if run_id != first.run.id]
        second = choose("Second run", SECOND, others, others[0])
    return first, second


def _label(classified: Classified) -> str:
    return " · ".join(filter(None, (classified.run.name, classified.settings)))
