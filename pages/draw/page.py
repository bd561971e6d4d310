"""The Draw page: draw a digit, see its prediction, and why."""

from __future__ import annotations

import streamlit as st

from nn.data.preprocess.pipeline import Preprocessed, preprocess
from nn.errors import UserError
from nn.models import pretrained
from pages.common import errors, model_picker, state
from pages.common.canvas import BLANK, Drawing, canvas
from pages.common.canvas_image import png
from pages.common.model_picker import Model
from pages.common.text import note, plain
from pages.common.url_state import FIRST_MODEL, RUNS, SECOND_MODEL
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
from pages.draw.input_image import LoadedImage
from pages.server.networks import PRETRAINED_ID

MODEL_LABELS = "Model", "Second model"
MODEL_PARAMETERS = FIRST_MODEL, SECOND_MODEL
TABS = "Attribution", "Learning history", "My digits", "Images"


@st.fragment
def draw(compare: bool) -> None:
    """Everything below the title, when the pen is lifted; compare: two models side by side.

    The bars are in the browser by then, which has them from pages.server.live_prediction.
    """
    image = draw_state.loaded_image()
    left, right = st.columns([5, 6], gap="large")
    with left:
        drawing, preprocessed = _canvas(image)
    models: list[Model] = []
    predictions = []
    with right, st.container(key="predictions" if compare else "prediction", gap="small"):
        containers = st.columns(2) if compare else [st.container(gap="small")]
        for label, key, parameter, container in zip(
            MODEL_LABELS, draw_state.MODELS, MODEL_PARAMETERS, containers, strict=False
        ):
            with container:
                default = model_picker.other_than(models[0]) if models else PRETRAINED_ID
                models.append(model_picker.choose(label, key, parameter, default))
                predictions.append(models[-1].predict(preprocessed))
                prediction_bars(
                    predictions[-1],
                    preprocessed,
                    drawing.id if drawing else 0,
                    draw_state.image_id(),
                    len(drawing.strokes) if drawing else 0,
                    bool(drawing or image),
                    models[-1].live_key,
                    show_input=not compare,
                    key=f"bars {key}",
                )
    if compare:
        with right:
            _compare_runs(models)
    with left:
        _actions(drawing, preprocessed, image)
    if not preprocessed.problem and not (image and image.label is not None):
        with right:
            strokes = drawing.strokes if drawing else []
            my_digits.ask_label(preprocessed, predictions[0], strokes)
    if len(preprocessed.steps) > 1:  # an image in MNIST's format skips them
        preprocessing_steps.show(preprocessed)
    _tabs(models, predictions[0], preprocessed)
    if message := draw_state.take_message():
        st.toast(plain(message), duration="long")


def _canvas(image: LoadedImage | None) -> tuple[Drawing | None, Preprocessed]:
    """→ what is drawn, and the network's input made of it, or of the image on the canvas."""
    try:
        drawing = canvas(
            draw_state.TOOLS,
            input_image.on_canvas(image) if image else None,
            draw_state.image_id(),
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
            disabled=bool(preprocessed.problem) or is_pinned,
            on_click=errors.in_toast(draw_state.show_message)(state.pin),
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


def _compare_runs(models: list[Model]) -> None:
    """Lead to the curves and settings of the runs among the models."""
    runs = dict.fromkeys(model.run_id for model in models if model.run_id)
    label = "Compare these runs" if len(runs) > 1 else "Compare this run with…"
    if runs and st.button(label, icon=":material/compare:"):
        st.switch_page("compare/page.py", query_params={RUNS: ",".join(runs)})


def _tabs(
    models: list[Model], prediction: pretrained.Prediction, preprocessed: Preprocessed
) -> None:
    """Only the open tab is computed: every stroke comes through here."""
    tabs = st.tabs(TABS, key=draw_state.TAB, on_change="rerun")
    attribution_tab, history_tab, my_digits_tab, images_tab = tabs
    if attribution_tab.open:
        with attribution_tab:
            if preprocessed.problem:
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


title, toggle = st.columns([5, 6], gap="large", vertical_alignment="center")
title.title("Draw a digit", anchor=False)
compare = toggle.toggle("Compare two models", key=draw_state.COMPARE)
deep_link.open_link()
draw(compare)
