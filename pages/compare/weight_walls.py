"""Weight walls of the compared runs, side by side at equal images seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nn.runs.store.store import Run
from pages.common.text import note
from pages.compare import state as compare_state
from pages.compare.labels import settings_of
from pages.components.compare_walls import ComparedRun, compare_walls


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    settings = settings_of(runs)
    compare_walls(
        [ComparedRun(run.id, run.name, colors[run.id], settings[run.id]) for run in runs],
        compare_state.images_seen(),
        compare_state.move_to,
    )
    note(
        "The first-layer weights of each run, at most 64 neurons, at its last snapshot up to the "
        "same number of images seen. Blue weights are positive, red ones negative."
    )
