"""The Draw page: draw a digit, see its prediction, and why."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn import IMAGE_SIDE
from nn.data.preprocess.pipeline import Preprocessed, preprocess
from nn.errors import UserError
from nn.models import pretrained
from pages.common import model_picker, state
from pages.common.model_picker import Model
from pages.common.text import note, plain
from pages.components.deferred_rerun import deferred_rerun
from pages.components.prediction_bars import prediction_bars
from pages.draw import (
    attribution,
    deep_link,
    input_image,
    learning_history,
    my_digits,
    preprocessing_steps,
    upload,
)
from pages.draw import state as draw_state
from pages.draw.canvas import canvas
from pages.draw.input_image import LoadedImage
from pages.draw.state import Result
from pages.draw.strokes import SIDE, Drawing, png

MODEL_LABELS = "Model", "Second model"
TABS = "Attribution", "Learning history", "My digits", "Images"
BLANK = Preprocessed(np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8), True, {})


@st.fragment
def draw_and_predict(compare: bool) -> None:
    """The canvas and the prediction, after every stroke; compare: two models side by side."""
    left, right = st.columns([5, 6], gap="large")
    with left:
        drawing, preprocessed = _canvas()
    strokes = len(drawing.strokes) if drawing else 0
    models, predictions = [], []
    turn = draw_state.next_turn()
    with right, st.container(key="predictions" if compare else "prediction", gap="small"):
        containers = st.columns(2) if compare else [st.container(gap="small")]
        for label, key, container in zip(MODEL_LABELS, draw_state.MODELS, containers, strict=False):
            with container:
                models.append(model_picker.choose(label, key))
                predictions.append(models[-1].predict(preprocessed))
                image = None if compare else preprocessed.image
                prediction_bars(
                    predictions[-1], preprocessed.blank, image, strokes, turn, f"bars {key}"
                )
    draw_state.keep_result(
        Result(turn, models, predictions[0], drawing, preprocessed, draw_state.loaded_image())
    )


def _canvas() -> tuple[Drawing | None, Preprocessed]:
    """→ what is drawn, and the network's input made of it, or of the image on the canvas."""
    image = draw_state.loaded_image()
    try:
        drawing = canvas(
            image and input_image.on_canvas(image),
            bool(image and not image.is_preprocessed),
            on_clear=lambda: draw_state.load_image(None),
            on_paste=upload.load_pasted,
        )
        if drawing:
            return drawing, preprocess(drawing.image)
        return None, input_image.preprocessed(image) if image else BLANK
    except UserError as error:
        st.error(plain(str(error)))
        return None, BLANK


@st.fragment
def explain() -> None:
    """Actions on the drawing, its preprocessing, and the tabs.

    A fragment of its own, which ``deferred_rerun`` reruns when the prediction is on the screen: the
    prediction appears before all this is computed.
    """
    result = draw_state.last_result()
    if result.image is not draw_state.loaded_image():  # another one was loaded from a tab
        st.rerun()
    left, right = st.columns([5, 6], gap="large")
    with left:
        _actions(result.drawing, result.preprocessed, result.image)
    if not result.preprocessed.blank and not (result.image and result.image.label is not None):
        with right:
            strokes = result.drawing.strokes if result.drawing else []
            my_digits.ask_label(result.preprocessed, result.prediction, strokes)
    if len(result.preprocessed.steps) > 1:  # an image in MNIST's format skips them
        preprocessing_steps.show(result.preprocessed)
    _tabs(result.models, result.prediction, result.preprocessed)
    if message := draw_state.take_message():
        st.toast(plain(message))
    deferred_rerun(result.turn)
    _warm_up()


def _actions(
    drawing: Drawing | None, preprocessed: Preprocessed, image: LoadedImage | None
) -> None:
    """Pin and download; the description of an image that was loaded."""
    shown = drawing.image if drawing else image and input_image.on_canvas(image)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pin = preprocessed.image.tobytes()
        is_pinned = pin in state.pins()
        st.button(
            "Pinned" if is_pinned else "Pin",
            icon=":material/keep:",
            disabled=preprocessed.blank or is_pinned,
            on_click=state.pin,
            args=(pin,),
            help="See how the prediction for this drawing changes while a network trains.",
        )
        st.download_button(
            "Download",
            (lambda: png(shown)) if shown else b"",
            "digit.png",
            "image/png",
            icon=":material/download:",
            disabled=shown is None,
            on_click="ignore",
            help="Download the drawing as a PNG file.",
        )
        if image:
            note(plain(image.description))


def _tabs(
    models: list[Model], prediction: pretrained.Prediction, preprocessed: Preprocessed
) -> None:
    """Only the open tab is computed: every stroke comes through here."""
    tabs = st.tabs(TABS, key=draw_state.TAB, on_change="rerun")
    attribution_tab, history_tab, my_digits_tab, images_tab = tabs
    if attribution_tab.open:
        with attribution_tab:
            if preprocessed.blank:
                st.markdown(
                    "Draw a digit to see how much each pixel contributed to the prediction."
                )
            else:
                attribution.show(preprocessed.image, models[0], prediction.predicted or 0)
    if history_tab.open:
        with history_tab:
            learning_history.show()
    if my_digits_tab.open:
        with my_digits_tab:
            my_digits.show(models)
    if images_tab.open:
        with images_tab:
            upload.test_images(models[0])
            upload.uploads(models[0])


@st.cache_resource(show_spinner=False)
def _warm_up() -> None:
    """A server's first prediction takes ten times as long as all others: make it in advance."""
    stem = np.zeros((SIDE, SIDE), np.uint8)
    stem[SIDE // 4 : -SIDE // 4, SIDE // 2 : SIDE // 2 + 20] = 255
    pretrained.predict(preprocess(stem))


title, toggle = st.columns([5, 6], gap="large", vertical_alignment="center")
title.header("Draw a digit", anchor=False)
compare = toggle.toggle("Compare two models", key=draw_state.COMPARE)
deep_link.open_link()
draw_and_predict(compare)
explain()
