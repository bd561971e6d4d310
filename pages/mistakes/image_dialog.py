"""A dialog with one large image and its ten probabilities, and buttons that open a random one."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nn.analysis.predictions.predict import Predictions, mistakes
from pages.common.numbers import percent
from pages.common.predictions import PRETRAINED, SnapshotId
from pages.common.test_set import ImageSet
from pages.common.text import note, plain
from pages.components.image_closeup import image_closeup
from pages.components.prediction_card import thumbnail
from pages.mistakes import state as mistakes_state


def random_buttons(predictions: Predictions, images: ImageSet, key: str) -> None:
    """Two buttons, each with a keyboard shortcut."""

    def open_random(rows: NDArray[np.intp]) -> None:
        mistakes_state.show_image(images.key, int(np.random.default_rng().choice(rows)))

    for label, icon, shortcut, rows in (
        ("Random image", "shuffle", "D", np.arange(len(images.data))),
        ("Random error", "error", "W", mistakes(predictions)),
    ):
        st.button(
            label,
            icon=f":material/{icon}:",
            shortcut=shortcut,
            on_click=open_random,
            args=(rows,),
            disabled=not len(rows),
            key=f"{key} {shortcut}",
        )


def show(predictions: Predictions, images: ImageSet, snapshot: SnapshotId) -> None:
    """The open image, if there is one."""
    if mistakes_state.open_image(images.key) is not None:
        st.dialog(
            "Image",
            width="medium",
            on_dismiss=lambda: mistakes_state.show_image(images.key, None),
        )(_content)(predictions, images, snapshot)


def _content(predictions: Predictions, images: ImageSet, snapshot: SnapshotId) -> None:
    row = mistakes_state.open_image(images.key)
    if row is None:
        return
    label, predicted = int(predictions.labels[row]), int(predictions.predicted[row])
    confidence = percent(float(predictions.confidence[row]))
    result = "correct" if label == predicted else "incorrect"
    st.markdown(
        f"Actual **{label}**, predicted **{predicted}**: {result}, confidence **{confidence}**"
    )
    image_closeup(thumbnail(predictions, images, row))
    with st.container(horizontal=True, gap="small"):
        random_buttons(predictions, images, "dialog")
    note(f"Image {row:,} of {plain(images.name)}")
    if images.is_of_run:
        run = {"run": snapshot.run, "step": str(snapshot.step)} if snapshot != PRETRAINED else {}
        st.page_link(
            "draw/page.py",
            label="Open on Draw, with attribution",
            icon=":material/draw:",
            query_params={"digit": str(row)} | run,
        )
