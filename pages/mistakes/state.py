"""The state of the Mistakes page: which images it shows, and the one that is open."""

from __future__ import annotations

from typing import Any

import streamlit as st

ANY = -1  # in place of a digit
# Keys of widgets.
TAB, MATRIX_NUMBERS = "mistakes tab", "matrix numbers"
ACTUAL, PREDICTED, ORDER, PAGE = "actual", "predicted", "order", "page"  # of the gallery
HARD_ORDER, HARD_PAGE = "hard order", "hard page"
# The rest.
SEARCH = "search"  # run and images whose hardest images are wanted
OPEN_IMAGE = "open image"
MEASUREMENT = "measurement"  # of robustness, that the visitor has started


def search() -> object:
    return st.session_state.get(SEARCH)


def start_search(what: object) -> None:
    """Find the hardest images of a run; None: stop."""
    st.session_state[SEARCH] = what


def measurement() -> Any:
    """The pages.mistakes.robustness.Job that was started last; None without one."""
    return st.session_state.get(MEASUREMENT)


def start_measurement(job: object) -> None:
    st.session_state[MEASUREMENT] = job


def open_image(images: str) -> int | None:
    """The row of these images (by their key) that is open in the dialog."""
    key, row = st.session_state.get(OPEN_IMAGE, (None, None))
    return row if key == images else None


def show_image(images: str, row: int | None) -> None:
    """Open an image in the dialog; None closes it."""
    st.session_state[OPEN_IMAGE] = (images, row)


def cell() -> tuple[int, int]:
    """The actual and the predicted digit of the images in the gallery."""
    return st.session_state.get(ACTUAL, ANY), st.session_state.get(PREDICTED, ANY)


def select_cell(actual: int, predicted: int) -> None:
    """Show the images of a cell of the matrix in the gallery."""
    st.session_state[ACTUAL], st.session_state[PREDICTED] = actual, predicted
    first_page()


def page(key: str, pages: int) -> int:
    """The selected page; the first when there are no longer so many. To be called before
    ``st.pagination``, which warns when it is given a value."""
    if st.session_state.get(key, 1) > pages:
        del st.session_state[key]
    return int(st.session_state.get(key, 1))


def first_page() -> None:
    """Of the gallery, because it now shows other images."""
    st.session_state.pop(PAGE, None)
