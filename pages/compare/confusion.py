"""Confusion matrices of two compared runs, and their difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nn.analysis.predictions.confusion import confusion
from nn.analysis.predictions.predict import confusion_cell
from nn.runs.store.store import Run
from pages.common.numbers import images as count_of_images
from pages.common.numbers import percent, signed
from pages.common.test_set import ImageSet
from pages.common.text import note
from pages.compare import image_dialog
from pages.compare import state as compare_state
from pages.compare.classified import Classified, choose_two, classify
from pages.compare.labels import heading
from pages.components.confusion_matrix import confusion_matrix, counts, difference


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    found, images = classify(runs, colors)
    pair = choose_two(found)
    if not pair or not images:
        return
    first, second = pair
    matrices = [confusion(each.predictions.labels, each.predictions.predicted) for each in pair]
    left, middle, right = st.columns(3)
    for column, each, matrix in zip((left, middle), pair, matrices, strict=True):
        with column:
            heading(each.run.name, each.color, f"{percent(matrix.accuracy)} accuracy")
            _matrix(counts(matrix), each.run.id)
    with right:
        gain = 100 * (matrices[1].accuracy - matrices[0].accuracy)
        heading("Difference", "", f"{signed(gain)} percentage points")
        names = first.run.name, second.run.name
        _matrix(difference(matrices[0], matrices[1], names), "difference")
    note(
        "The difference is the second run minus the first: blue cells have more images of the "
        "second run, red ones fewer. More is better on the diagonal, and worse off it. Click a "
        "cell to see its images."
    )
    _images(pair, images)
    image_dialog.show(pair, images)


def _matrix(content: Mapping[str, object], key: str) -> None:
    confusion_matrix(
        content, compare_state.cell(), compare_state.toggle_cell, f"confusion matrix {key}"
    )


def _images(pair: tuple[Classified, Classified], images: ImageSet) -> None:
    """Those of the selected cell, by each run."""
    actual, predicted = compare_state.cell()
    if actual < 0:
        return
    for column, each in zip(st.columns(2, gap="large"), pair, strict=True):
        rows = confusion_cell(each.predictions, actual, predicted)
        what = "correct" if actual == predicted else f"predicted {predicted}"
        with column:
            count = count_of_images(len(rows)) if len(rows) else "No images"
            heading(each.run.name, each.color, f"{count} of {actual}, {what}")
            image_dialog.gallery(rows, each, images, f"cell images {each.run.id}")
