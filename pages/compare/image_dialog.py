"""Galleries of test images, and a dialog with one of them as two runs classify it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from numpy import intp
from numpy.typing import NDArray

from pages.common.test_set import ImageSet
from pages.common.text import note, plain
from pages.compare import state as compare_state
from pages.compare.classified import Classified
from pages.compare.labels import heading
from pages.compare.state import PORTION
from pages.components.image_closeup import image_closeup
from pages.components.prediction_card import thumbnail
from pages.components.thumbnails import thumbnails


def gallery(rows: NDArray[intp], by: Classified, images: ImageSet, key: str) -> None:
    """The first images with the predictions of one run; a click opens one in the dialog."""
    shown = min(compare_state.shown_images(key), len(rows))
    thumbnails(
        [thumbnail(by.predictions, images, int(row)) for row in rows[:shown]],
        lambda row: compare_state.show_image(images.key, row),
        key,
    )
    if shown < len(rows):
        note(f"The {shown:,} most confident of {len(rows):,}.")
        st.button(
            f"Show {min(PORTION, len(rows) - shown)} more", key=f"more {key}",
            on_click=compare_state.show_more_images, args=(key,),
        )  # fmt: skip


def show(pair: Sequence[Classified], images: ImageSet) -> None:
    """The open image, if there is one."""
    if compare_state.open_image(images.key) is not None:
        st.dialog(
            "Image",
            width="large",
            on_dismiss=lambda: compare_state.show_image(images.key, None),
        )(_content)(pair, images)


def _content(pair: Sequence[Classified], images: ImageSet) -> None:
    row = compare_state.open_image(images.key)
    if row is None:
        return
    for column, each in zip(st.columns(len(pair)), pair, strict=True):
        predicted, label = each.predictions.predicted[row], each.predictions.labels[row]
        result = "correct" if predicted == label else "incorrect"
        with column:
            heading(each.run.name, each.color, f"Predicted {predicted}, {result}")
            image_closeup(thumbnail(each.predictions, images, row), f"image closeup {each.run.id}")
    note(f"Image {row:,} of {plain(images.name)}")
