"""The state of the Draw page: the image on the canvas, the last result, pins and labels."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from nn.data.preprocess.pipeline import Preprocessed
from nn.models import pretrained
from pages.common import model_picker
from pages.draw.input_image import LoadedImage
from pages.draw.strokes import Drawing

# Keys of widgets.
TOOLS, TAB, COMPARE = "canvas tools", "draw tab", "compare models"
MODELS = model_picker.ON_DRAW, "second model"
EXPLAINED_DIGIT = "explained digit"
HISTORY_RUN = "learning history run"
MY_DIGITS_TABLE = "my digits table"
IMAGE_NUMBER, UPLOADS, UPLOADS_TABLE = "image number", "uploads", "uploads table"
# The rest.
LOADED_IMAGE = "loaded image"
TURN, RESULT = "turn", "result"
EXPLAINED = "explained"
OPENED_LINK = "opened link"
MESSAGE = "message"
LABELED = "labeled"  # images saved in My digits from this page, with their labels
UPLOADED_FILES = "uploaded files"  # what became of each file, by Streamlit's id


class Result(NamedTuple):
    """The last prediction, with all that the rest of the page shows about it."""

    turn: int  # counts the predictions of this session
    models: list[Any]  # of pages.common.model_picker
    prediction: pretrained.Prediction  # the first model's
    drawing: Drawing | None
    preprocessed: Preprocessed
    image: LoadedImage | None  # on the canvas, alone or under the drawing


def next_turn() -> int:
    turn = int(st.session_state.get(TURN, 0)) + 1
    st.session_state[TURN] = turn
    return turn


def keep_result(result: Result) -> None:
    st.session_state[RESULT] = result


def last_result() -> Result:
    found: Result = st.session_state[RESULT]
    return found


def explained() -> tuple[bytes, int] | None:
    """The image and its prediction that were explained last."""
    return st.session_state.get(EXPLAINED)


def explain(image: bytes, predicted: int) -> None:
    """Explain the predicted digit. To be called in the fragment of the widget: what another
    fragment gives a widget is lost."""
    st.session_state[EXPLAINED] = image, predicted
    st.session_state[EXPLAINED_DIGIT] = predicted


def loaded_image() -> LoadedImage | None:
    return st.session_state.get(LOADED_IMAGE)


def load_image(image: LoadedImage | None) -> None:
    """Put an image on the canvas, or take it off."""
    st.session_state[LOADED_IMAGE] = image


def opened_link() -> tuple[str, ...] | None:
    """The link that was opened last."""
    return st.session_state.get(OPENED_LINK)


def keep_opened_link(link: tuple[str, ...]) -> None:
    st.session_state[OPENED_LINK] = link


def saved_label(image: bytes) -> int | None:
    """The label with which this image was saved in My digits, if it was."""
    label: int | None = st.session_state.get(LABELED, {}).get(image)
    return label


def keep_label(image: bytes, label: int) -> None:
    st.session_state.setdefault(LABELED, {})[image] = label


def uploaded_files() -> dict[str, Any]:
    files: dict[str, Any] = st.session_state.setdefault(UPLOADED_FILES, {})
    return files


def show_message(message: str) -> None:
    """Show plain text at the end of this script run: a callback may not show anything itself."""
    st.session_state[MESSAGE] = message


def take_message() -> str:
    return str(st.session_state.pop(MESSAGE, ""))
