"""The confusion matrix, and a gallery of the images of its cells."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.predictions.confusion import DIGITS, confusion
from nn.analysis.predictions.predict import Predictions, confusion_cell, mistakes
from pages.common.test_set import ImageSet
from pages.common.text import note
from pages.components.confusion_matrix import confusion_matrix, counts
from pages.components.prediction_card import thumbnail
from pages.components.thumbnails import thumbnails
from pages.mistakes import state as mistakes_state
from pages.mistakes.state import ANY

PER_PAGE = 20  # images
COUNTS, PERCENTAGES = "Counts", "Percent"
MOST_CONFIDENT, LEAST_CONFIDENT = "most confident", "least confident"


def show(predictions: Predictions, images: ImageSet) -> None:
    left, right = st.columns([4, 5], gap="large")
    with left:
        _matrix(predictions)
    with right:
        _gallery(predictions, images)


def _matrix(predictions: Predictions) -> None:
    numbers = st.segmented_control(
        "Numbers",
        [COUNTS, PERCENTAGES],
        default=COUNTS,
        required=True,
        key=mistakes_state.MATRIX_NUMBERS,
    )
    found = confusion(predictions.labels, predictions.predicted)
    confusion_matrix(counts(found, numbers == PERCENTAGES), mistakes_state.cell(), _toggle_cell)
    note(
        "Confusion matrix: one row for each actual digit, one column for each predicted digit. The "
        "green diagonal is correct; the redder a cell, the larger the share of that digit that was "
        "misclassified this way. Click a cell to see its images."
    )


def _toggle_cell(actual: int, predicted: int) -> None:
    is_selected = mistakes_state.cell() == (actual, predicted)
    mistakes_state.select_cell(*(ANY, ANY) if is_selected else (actual, predicted))


def _choose_digit(label: str, any_digit: str, key: str) -> int:
    digits: list[int] = [ANY, *range(DIGITS)]
    digit: int = st.selectbox(
        label,
        digits,
        format_func=lambda digit: any_digit if digit == ANY else str(digit),
        key=key,
        on_change=mistakes_state.first_page,
    )
    return digit


def _gallery(predictions: Predictions, images: ImageSet) -> None:
    columns = st.columns([1, 1.2, 1.2])
    with columns[0]:
        actual = _choose_digit("Actual", "any digit", mistakes_state.ACTUAL)
    with columns[1]:
        predicted = _choose_digit("Predicted", "any wrong digit", mistakes_state.PREDICTED)
    order = columns[2].selectbox(
        "Show first", [MOST_CONFIDENT, LEAST_CONFIDENT], key=mistakes_state.ORDER
    )
    rows = select(predictions, actual, predicted)
    if order == LEAST_CONFIDENT:
        rows = rows[::-1]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{_title(len(rows), actual, predicted)}**", width="content")
        if (actual, predicted) != (ANY, ANY):
            st.button(
                "Show all errors",
                type="tertiary",
                on_click=mistakes_state.select_cell,
                args=(ANY, ANY),
            )
    if not len(rows):
        return
    pages = -(-len(rows) // PER_PAGE)
    page = mistakes_state.page(mistakes_state.PAGE, pages)
    thumbnails(
        [
            thumbnail(predictions, images, int(row))
            for row in rows[(page - 1) * PER_PAGE : page * PER_PAGE]
        ],
        lambda row: mistakes_state.show_image(images.key, row),
        "gallery",
    )
    if pages > 1:
        st.pagination(pages, key=mistakes_state.PAGE)
    note(
        "The ten bars below an image are the probabilities of the digits 0 to 9: red for the "
        "predicted digit, green for the actual one. Click an image to enlarge it."
    )


def select(predictions: Predictions, actual: int, predicted: int) -> NDArray[np.intp]:
    """Rows, most confident first, of the images of a digit (ANY: of all digits) that are predicted
    as another (ANY: as any wrong digit)."""
    if actual != ANY and predicted != ANY:
        return confusion_cell(predictions, actual, predicted)
    rows = mistakes(predictions)
    if actual != ANY:
        rows = rows[predictions.labels[rows] == actual]
    if predicted != ANY:
        rows = rows[predictions.predicted[rows] == predicted]
    return rows


def _title(count: int, actual: int, predicted: int) -> str:
    """ "12 images of 4, predicted 9" """
    images = "1 image" if count == 1 else f"{count:,} images" if count else "No images"
    of = "" if actual == ANY else f" of {actual}"
    if actual == predicted != ANY:
        return f"{images}{of}, correct"
    return f"{images}{of}, {'misclassified' if predicted == ANY else f'predicted {predicted}'}"
